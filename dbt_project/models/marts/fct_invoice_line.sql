select
    charge.invoice_line_id,
    charge.invoice_base_id,
    charge.municipality_code,
    charge.issue_month,
    charge.original_month,
    charge.line_type,
    charge.corrects_line_id,
    charge.episode_id,
    charge.ruleset_id,
    charge.quantity_days,
    charge.unit_price_sek,
    charge.amount_sek,
    charge.issued_at,
    charge.as_of,
    charge.content_hash
from {{ source("lake", "issued_invoice_line") }} as charge
inner join {{ ref("stg_run") }} as run
    on charge.as_of <= run.as_of
