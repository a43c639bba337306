{{ config(meta={"dagster": {"ref": {"name": "int_statistic"}}}) }}

with counts as (
    select
        month,
        care_type,
        measure,
        sum(case when geography_level = 'municipality' then numerator end) as in_city,
        sum(case when geography_level = 'district' then numerator end) as in_districts
    from {{ ref("int_statistic") }}
    where
        (geography_level = 'district' or (geography_level = 'municipality' and geography_code = '0180'))
        and measure not in ('median_ready_days', 'p90_ready_days')
        and measure not like 'mean%'
        and measure not like 'share%'
    group by month, care_type, measure
),

run as (
    select region_code
    from {{ ref("stg_run") }}
)

select
    counts.month,
    counts.measure
from counts
cross join run
where run.region_code = '01' and coalesce(counts.in_city, -1) != coalesce(counts.in_districts, -2)
