select
    charge.billing_month,
    charge.municipality_code,
    charge.ruleset_id,
    charge.episode_id,
    charge.quantity_days,
    charge.unit_price_sek,
    charge.amount_sek,
    charge.first_day_without_rate,
    ruleset.rate_source
from {{ ref("int_charge_line") }} as charge
inner join {{ ref("stg_ruleset") }} as ruleset
    on charge.ruleset_id = ruleset.ruleset_id
