-- What a month charges: as its review base froze it once that is issued, until then as it is known.
select
    line.billing_month,
    line.municipality_code,
    line.ruleset_id,
    line.episode_id,
    line.quantity_days,
    line.unit_price_sek,
    line.amount_sek,
    line.first_day_without_rate,
    true as is_reviewed
from {{ ref("int_reviewed_line") }} as line

union all

select
    line.billing_month,
    line.municipality_code,
    line.ruleset_id,
    line.episode_id,
    line.quantity_days,
    line.unit_price_sek,
    line.amount_sek,
    line.first_day_without_rate,
    false as is_reviewed
from {{ ref("int_charge_line") }} as line
left join {{ ref("stg_review") }} as review
    on line.billing_month = review.billing_month and line.municipality_code = review.municipality_code
where review.review_sequence is null
