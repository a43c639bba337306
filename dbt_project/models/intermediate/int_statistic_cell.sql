-- Every cell that the statistics show, with or without episodes: month, geography and care type, from the
-- first month with a discharge to the month of as_of, and any other month that a discharge is dated in; but for
-- months that rows were disposed of.
with run as (
    select * from {{ ref("stg_run") }}
),

first_month as (
    select {{ month_of("min(discharge_date)") }} as month
    from {{ ref("int_episode") }}
),

known_months as (
    select calendar.calendar_date as month
    from {{ ref("int_calendar") }} as calendar
    cross join run
    cross join first_month
    where
        calendar.calendar_date = {{ month_of("calendar.calendar_date") }}
        and calendar.calendar_date >= first_month.month
        and calendar.calendar_date <= run.as_of
    union
    select {{ month_of("discharge_date") }} as month
    from {{ ref("int_episode") }}
    where discharge_date is not null
),

months as (
    select known_months.month
    from known_months
    left join {{ source("lake", "disposed_month") }} as disposed
        on known_months.month = disposed.month
    where disposed.month is null
),

geographies as (
    select
        'county' as geography_level,
        region_code as geography_code,
        'Hela länet' as geography_name,
        cast(null as date) as valid_from,
        cast(null as date) as valid_to
    from run
    union all
    select
        'municipality' as geography_level,
        municipality.municipality_code as geography_code,
        municipality.municipality_name as geography_name,
        null as valid_from,
        null as valid_to
    from {{ ref("municipality") }} as municipality
    inner join run
        on municipality.county_code = run.region_code
    union all
    select
        'district' as geography_level,
        district.district_name as geography_code,
        district.district_name as geography_name,
        district.valid_from,
        district.valid_to
    from {{ ref("stg_district") }} as district
    inner join run
        on run.region_code = '01'
    union all
    select
        'district' as geography_level,
        'unknown' as geography_code,
        'Okänt stadsdelsområde' as geography_name,
        null as valid_from,
        null as valid_to
    from run
    where region_code = '01'
    {% for level, code, name in [
        ("municipality", "other", "Kommuner utanför länet"), ("municipality", "unknown", "Okänd kommun"),
        ("age_group", "0-17", "0–17 år"), ("age_group", "18-64", "18–64 år"),
        ("age_group", "65+", "65 år och äldre"), ("age_group", "unknown", "Okänd ålder"),
    ] -%}
        union all
        select
            '{{ level }}' as geography_level,
            '{{ code }}' as geography_code,
            '{{ name }}' as geography_name,
            null as valid_from,
            null as valid_to
    {% endfor %}
),

care_types as (
    {% for care_type in ["somatic", "psychiatric", "all"] -%}
        select '{{ care_type }}' as care_type
        {% if not loop.last %}union all
        {% endif %}
    {%- endfor %}
)

select
    months.month,
    geographies.geography_level,
    geographies.geography_code,
    geographies.geography_name,
    care_types.care_type
from months
cross join care_types
inner join geographies
    on
        (geographies.valid_from is null or geographies.valid_from < {{ dbt.dateadd("month", 1, "months.month") }})
        and (geographies.valid_to is null or months.month <= geographies.valid_to)
