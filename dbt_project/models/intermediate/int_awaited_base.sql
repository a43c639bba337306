-- A municipality's month whose own invoice base is awaited: its review base has episodes of a ruleset that is
-- invoiced, and no invoice base is issued. Until then the month is not corrected for it.
select distinct
    episode.billing_month,
    episode.municipality_code
from {{ ref("int_reviewed_episode") }} as episode
inner join {{ ref("int_invoicing") }} as invoicing
    on episode.billing_month = invoicing.billing_month and episode.ruleset_id = invoicing.ruleset_id
left join {{ ref("stg_invoice") }} as invoice
    on episode.billing_month = invoice.billing_month and episode.municipality_code = invoice.municipality_code
where invoicing.invoicing = 'active' and invoice.invoice_sequence is null
