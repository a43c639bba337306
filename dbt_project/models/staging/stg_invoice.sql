-- Invoice bases issued, one for ever per month and municipality.
select
    sequence as invoice_sequence,
    billing_month,
    municipality_code,
    as_of,
    invoice_number
from {{ source("lake", "issue") }}
where kind = 'invoice'
