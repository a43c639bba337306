-- The figures of every cell, one column each; rpt_monthly_statistics turns them into rows.
{% set key = ["month", "geography_level", "geography_code", "care_type"] %}
with members as (
    select * from {{ ref("int_statistic_member") }}
),

ranked as (
    select
        {{ key | join(", ") }},
        ready_days,
        row_number() over (partition by {{ key | join(", ") }} order by ready_days) as rank_in_cell,
        count(*) over (partition by {{ key | join(", ") }}) as episodes_in_cell
    from members
    where is_billable
),

-- nearest rank: the smallest value that at least the share lies at or below
quantiles as (
    select
        {{ key | join(", ") }},
        max(
            case when rank_in_cell = {{ int_divide("episodes_in_cell + 1", 2) }} then ready_days end
        ) as median_ready_days,
        max(
            case when rank_in_cell = {{ int_divide("episodes_in_cell * 90 + 99", 100) }} then ready_days end
        ) as p90_ready_days
    from ranked
    group by {{ key | join(", ") }}
),

sums as (
    select
        {{ key | join(", ") }},
        count(*) as episodes_discharged,
        count(case when is_billable then 1 end) as episodes_billable,
        count(case when is_billable and ready_days = 0 then 1 end) as episodes_on_day_zero,
        count(case when is_billable and ready_days > 0 then 1 end) as episodes_after_day_zero,
        sum(case when is_billable then ready_days end) as ready_days,
        sum(ready_days) as ready_days_all,
        sum(case when is_billable then liable_days end) as liable_days,
        min(case when is_billable and liable_days > 0 then ready_days - liable_days end) as free_days,
        sum(withdrawn_ready_days) as withdrawn_ready_days
    from members
    group by {{ key | join(", ") }}
),

-- a care type of its own where rulesets with a level are for it; `all` has those for any care type too
levels as (
    select
        month.billing_month as month,
        month.municipality_code,
        ruleset.care_type,
        month.exceeds_level
    from {{ ref("int_municipality_mean") }} as month
    inner join {{ ref("stg_ruleset") }} as ruleset
        on month.ruleset_id = ruleset.ruleset_id
    where month.exceeds_level is not null
),

above_level as (
    select
        month,
        care_type,
        count(distinct case when exceeds_level then municipality_code end) as municipalities_above_level
    from levels
    group by month, care_type
    union all
    select
        month,
        'all' as care_type,
        count(distinct case when exceeds_level then municipality_code end) as municipalities_above_level
    from levels
    group by month
)

select
    cell.month,
    cell.geography_level,
    cell.geography_code,
    cell.geography_name,
    cell.care_type,
    {% for column in [
        "episodes_discharged", "episodes_billable", "episodes_on_day_zero", "episodes_after_day_zero",
        "ready_days", "ready_days_all", "liable_days", "withdrawn_ready_days",
    ] -%}
        coalesce(cast(sums.{{ column }} as bigint), 0) as {{ column }},
    {% endfor -%}
    cast(sums.free_days as bigint) as free_days,
    cast(quantiles.median_ready_days as bigint) as median_ready_days,
    cast(quantiles.p90_ready_days as bigint) as p90_ready_days,
    case
        when cell.geography_level = 'county' and cell.care_type = 'all'
            then coalesce(above_level.municipalities_above_level, 0)
        when cell.geography_level = 'county' then above_level.municipalities_above_level
    end as municipalities_above_level,
    coalesce(readmission.readmissions_index_65, 0) as readmissions_index_65,
    coalesce(readmission.readmissions_7_days_65, 0) as readmissions_7_days_65
from {{ ref("int_statistic_cell") }} as cell
left join sums
    on {{ same_cell("cell", "sums") }}
left join quantiles
    on {{ same_cell("cell", "quantiles") }}
left join {{ ref("int_statistic_readmission") }} as readmission
    on {{ same_cell("cell", "readmission") }}
left join above_level
    on cell.month = above_level.month and cell.care_type = above_level.care_type
