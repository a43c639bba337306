-- Lines of the invoice bases, and whether each still stands: a credit takes a line back in full.
select
    line.sequence,
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
    line.content_hash,
    line.original_month as billing_month,
    line.line_type != 'credit' and credit.corrects_line_id is null as is_standing
from {{ source("lake", "issued_invoice_line") }} as line
left join {{ source("lake", "issued_invoice_line") }} as credit
    on line.invoice_line_id = credit.corrects_line_id and credit.line_type = 'credit'
