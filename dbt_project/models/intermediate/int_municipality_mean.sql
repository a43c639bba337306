-- The mean of ready days per billing month, liable municipality and ruleset, zero-days included, and
-- what lies above its level (rules.md section 8). Comparisons use the exact mean, by multiplying.
with episodes as (
    select
        *,
        is_billable and not is_cut_out as is_in_mean
    from {{ ref("int_billed_episode") }}
),

months as (
    select
        billing_month,
        municipality_code,
        ruleset_id,
        billing_model,
        rate_source,
        mean_level,
        mean_decimals,
        cast(count(*) as integer) as episodes_discharged,
        cast(count(case when is_billable then 1 end) as integer) as episodes_billable,
        cast(coalesce(sum(case when is_billable then ready_days end), 0) as integer) as ready_days,
        cast(coalesce(sum(case when is_billable then liable_days end), 0) as integer) as liable_days,
        cast(count(case when is_in_mean then 1 end) as integer) as episodes_in_mean,
        cast(coalesce(sum(case when is_in_mean then ready_days end), 0) as integer) as ready_days_in_mean
    from episodes
    group by
        billing_month,
        municipality_code,
        ruleset_id,
        billing_model,
        rate_source,
        mean_level,
        mean_decimals
),

means as (
    select
        *,
        {{ ratio_half_up("ready_days_in_mean", "episodes_in_mean", 4) }} as mean_ready_days,
        cast(
            coalesce(
                {{ ratio_half_up_by("ready_days_in_mean", "episodes_in_mean", "mean_decimals") }}
                * cast(episodes_in_mean as decimal(9, 0)),
                cast(ready_days_in_mean as decimal(18, 4))
            ) as decimal(18, 4)
        ) as days_counted,
        cast(mean_level * cast(episodes_in_mean as decimal(9, 0)) as decimal(18, 4)) as days_at_level
    from months
)

select
    *,
    case when mean_level is not null then days_counted > days_at_level end as exceeds_level,
    cast(days_counted - days_at_level as decimal(18, 4)) as days_above_level
from means
