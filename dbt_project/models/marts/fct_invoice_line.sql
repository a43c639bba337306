select
    invoice_line_id,
    invoice_base_id,
    municipality_code,
    issue_month,
    original_month,
    line_type,
    corrects_line_id,
    episode_id,
    ruleset_id,
    quantity_days,
    unit_price_sek,
    amount_sek,
    issued_at,
    as_of,
    content_hash
from {{ source("lake", "issued_invoice_line") }}
