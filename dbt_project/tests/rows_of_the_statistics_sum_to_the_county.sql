{{ config(meta={"dagster": {"ref": {"name": "int_statistic"}}}) }}

with counts as (
    select
        month,
        care_type,
        measure,
        sum(case when geography_level = 'county' then numerator end) as in_county,
        sum(case when geography_level = 'municipality' then numerator end) as in_municipalities,
        sum(case when geography_level = 'age_group' then numerator end) as in_age_groups
    from {{ ref("int_statistic") }}
    where
        denominator is null
        and measure not in ('median_ready_days', 'p90_ready_days', 'municipalities_above_level')
        and measure not like 'mean%'
        and measure not like 'share%'
    group by month, care_type, measure
)

select
    month,
    measure
from counts
where
    in_county is null
    or in_county != coalesce(in_municipalities, -1)
    or in_county != coalesce(in_age_groups, -1)
