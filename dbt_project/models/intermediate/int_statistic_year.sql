-- The year's figures are the sums of its months as they are published: one is suppressed when any of its months is, so
-- that the year says nothing that the months do not. Quantiles of months make none of the year.
with figures as (
    select
        {{ year_of("month") }} as follow_up_year,
        geography_level,
        geography_code,
        geography_name,
        care_type,
        case
            when measure = 'municipalities_above_level' then 'municipality_months_above_level' else measure
        end as measure,
        value_status,
        numerator,
        denominator,
        suppression,
        as_of
    from {{ ref("int_statistic_protected") }}
    where
        geography_level in ('county', 'municipality', 'district')
        and measure not in ('median_ready_days', 'p90_ready_days')
    union all
    select
        {{ year_of("month") }} as follow_up_year,
        geography_level,
        geography_code,
        geography_name,
        care_type,
        measure,
        value_status,
        cast(value as bigint) as numerator,
        null as denominator,
        null as suppression,
        as_of
    from {{ ref("int_statistic_reference") }}
    where measure != 'reference_mean_ready_days'
),

years as (
    select
        follow_up_year,
        geography_level,
        geography_code,
        geography_name,
        care_type,
        measure,
        as_of,
        count(*) as months,
        sum(numerator) as numerator,
        sum(denominator) as denominator,
        max(case when value_status = 'preliminary' then 1 else 0 end) = 1 as is_preliminary,
        max(case when suppression is not null then 1 else 0 end) = 1 as is_suppressed,
        count(denominator) > 0 as is_ratio
    from figures
    group by follow_up_year, geography_level, geography_code, geography_name, care_type, measure, as_of
)

select
    follow_up_year,
    geography_level,
    geography_code,
    geography_name,
    care_type,
    measure,
    case
        when is_ratio then {{ ratio_half_up("numerator", "denominator", 4) }}
        else cast(numerator as decimal(18, 4))
    end as value,
    cast(numerator as bigint) as numerator,
    cast(denominator as bigint) as denominator,
    cast(months as integer) as months,
    is_preliminary,
    is_suppressed,
    as_of
from years
