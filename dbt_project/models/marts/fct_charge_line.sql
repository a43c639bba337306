select
    line.billing_month,
    line.municipality_code,
    line.ruleset_id,
    line.episode_id,
    line.quantity_days,
    line.unit_price_sek,
    line.amount_sek,
    line.first_day_without_rate,
    ruleset.rate_source
from {{ ref("int_charge_line") }} as line
inner join {{ ref("stg_ruleset") }} as ruleset
    on line.ruleset_id = ruleset.ruleset_id
