-- Lines that an open dispute holds back (rules.md section 10); see macro rests_on.
with held as (
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
        count(distinct disputed.dispute_id) as open_disputes,
        min(disputed.raised_at) as raised_at,
        min(disputed.objections_until) as objections_until
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
)

select
    held.*,
    'open' as status,
    {{ days_from("run.as_of", "held.objections_until") }} as days_left,
    'holds_line' as effect
from held
cross join {{ ref("stg_run") }} as run
