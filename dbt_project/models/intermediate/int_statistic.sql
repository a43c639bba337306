-- All figures of all cells as rows, before anything is protected.
with cells as (
    select * from {{ ref("int_statistic_wide") }}
),

figures as (
    {% for measure in statistic_counts() -%}
        select
            month,
            geography_level,
            geography_code,
            geography_name,
            care_type,
            '{{ measure }}' as measure,
            cast({{ measure }} as decimal(18, 4)) as value,
            cast({{ measure }} as bigint) as numerator,
            cast(null as bigint) as denominator
        from cells
        {% if measure == "municipalities_above_level" %}where geography_level = 'county'
        {% endif -%}
        union all
    {% endfor -%}
    {% for measure, parts in statistic_ratios().items() -%}
        select
            month,
            geography_level,
            geography_code,
            geography_name,
            care_type,
            '{{ measure }}' as measure,
            {{ ratio_half_up(parts[0], parts[1], 4) }} as value,
            {{ parts[0] }} as numerator,
            {{ parts[1] }} as denominator
        from cells
        union all
    {% endfor -%}
    select
        month,
        geography_level,
        geography_code,
        geography_name,
        care_type,
        measure,
        cast(episodes as decimal(18, 4)) as value,
        episodes as numerator,
        cast(null as bigint) as denominator
    from {{ ref("int_statistic_finding") }}
)

select
    figures.*,
    case
        when
            figures.measure like '%readmi%'
            and {{ add_days("cast(" ~ dbt.dateadd("month", 1, "figures.month") ~ " as date)", 6) }} >= run.as_of
            then 'preliminary'
        -- the month's last day is not past
        when cast({{ dbt.dateadd("month", 1, "figures.month") }} as date) > run.as_of then 'preliminary'
        when figures.value is null then 'not_applicable'
        when figures.value = 0 then 'zero'
        else 'ok'
    end as value_status,
    run.as_of
from figures
cross join {{ ref("stg_run") }} as run
