with disputes as (
    select
        dispute.*,
        run.as_of,
        -- the review base is sent on a day of the month after; objections come back until this day
        {{ add_days(
            "cast(" ~ dbt.dateadd("month", 1, "dispute.billing_month") ~ " as date)",
            "run.review_day - 1 + run.objection_days"
        ) }} as objections_until
    from {{ ref("int_dispute") }} as dispute
    cross join {{ ref("stg_run") }} as run
)

select
    dispute_id,
    episode_id,
    named_stay_id,
    municipality_code,
    billing_month,
    status,
    raised_at,
    updated_at,
    objections_until,
    {{ days_from("as_of", "objections_until") }} as days_left,
    case
        when not is_effective then 'none'
        when status = 'upheld' then 'removes_episode'
        when status = 'rejected' then 'keeps_episode'
        when {{ date_of("raised_at") }} <= objections_until then 'holds_line'
        else 'none'
    end as effect
from disputes
