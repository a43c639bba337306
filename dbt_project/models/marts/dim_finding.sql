select
    finding_code,
    sort_order,
    is_blocking,
    responsible,
    legal_reference,
    text_sv,
    status
from {{ ref("finding") }}
