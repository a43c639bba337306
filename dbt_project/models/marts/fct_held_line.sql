-- Lines that an open dispute holds back (rules.md section 10); see macro rests_on.
select
    line.billing_month,
    line.municipality_code,
    line.ruleset_id,
    line.episode_id,
    line.quantity_days,
    line.unit_price_sek,
    line.amount_sek,
    line.is_reviewed,
    min(disputed.dispute_id) as first_dispute_id,
    count(distinct disputed.dispute_id) as open_disputes
from {{ ref("int_month_line") }} as line
inner join {{ ref("int_disputed_episode") }} as disputed
    on {{ rests_on("line", "disputed") }}
where disputed.holds_line
group by
    line.billing_month,
    line.municipality_code,
    line.ruleset_id,
    line.episode_id,
    line.quantity_days,
    line.unit_price_sek,
    line.amount_sek,
    line.is_reviewed
