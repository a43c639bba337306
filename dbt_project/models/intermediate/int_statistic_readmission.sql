-- Readmissions per cell of the statistics, by residence on the discharge date. Only index episodes whose
-- follow-up is complete count (rules.md section 9).
with run as (
    select * from {{ ref("stg_run") }}
),

episodes as (
    select
        {{ month_of("readmission.discharge_date") }} as month,
        readmission.care_type,
        readmission.is_readmitted_within_7_days,
        readmission.municipality_code,
        readmission.district_code,
        run.region_code,
        municipality.county_code,
        '65+' as age_group
    from {{ ref("int_readmission") }} as readmission
    cross join run
    left join {{ ref("municipality") }} as municipality
        on readmission.municipality_code = municipality.municipality_code
    where readmission.is_follow_up_complete
),

{{ statistic_cells("episodes", "municipality_code", "district_code") }}

select
    month,
    geography_level,
    geography_code,
    care_type,
    count(*) as readmissions_index_65,
    count(case when is_readmitted_within_7_days then 1 end) as readmissions_7_days_65
from member
group by month, geography_level, geography_code, care_type
