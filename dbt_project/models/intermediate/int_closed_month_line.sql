-- What months that were invoiced would charge, as known now. A month is closed once any of its invoice bases
-- is issued: also for a municipality that had nothing in it then, but not for one whose own base is awaited.
with invoiced as (
    select distinct billing_month
    from {{ ref("stg_invoice") }}
)

select
    line.billing_month,
    line.municipality_code,
    line.ruleset_id,
    line.episode_id,
    line.quantity_days,
    line.unit_price_sek,
    line.amount_sek,
    line.first_day_without_rate
from {{ ref("int_charge_line") }} as line
inner join {{ ref("int_invoicing") }} as invoicing
    on line.billing_month = invoicing.billing_month and line.ruleset_id = invoicing.ruleset_id
inner join invoiced
    on line.billing_month = invoiced.billing_month
left join {{ ref("int_awaited_base") }} as awaited
    on line.billing_month = awaited.billing_month and line.municipality_code = awaited.municipality_code
where invoicing.invoicing = 'active' and awaited.billing_month is null
