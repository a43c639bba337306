select
    line.invoice_line_id,
    line.invoice_base_id,
    line.municipality_code,
    line.issue_month,
    line.original_month,
    line.line_type,
    line.corrects_line_id,
    line.episode_id,
    line.ruleset_id,
    line.quantity_days,
    line.unit_price_sek,
    line.amount_sek,
    line.issued_at,
    line.as_of,
    line.content_hash
from {{ source("lake", "issued_invoice_line") }} as line
inner join {{ ref("stg_run") }} as run
    on line.as_of <= run.as_of
