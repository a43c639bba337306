-- Who a person is on the days that decide: the day of liability and the day of discharge. Residence on
-- a day is the person's row with the latest start not after it (rules.md section 7).
{% set newest_decides -%}
    coalesce(newest.is_protected, false) and not coalesce(in_force.is_protected, false)
{%- endset %}
with decisive as (
    select
        episode.person_key,
        coalesce({{ date_of("fact.ready_notice_at") }}, {{ date_of("episode.admitted_at") }}) as on_date,
        false as is_discharge
    from {{ ref("int_episode") }} as episode
    inner join {{ ref("int_episode_fact") }} as fact
        on episode.episode_id = fact.episode_id
    union all
    select
        person_key,
        discharge_date as on_date,
        true as is_discharge
    from {{ ref("int_episode") }}
    where is_discharged
),

asked as (
    select
        person_key,
        on_date,
        bool_or(is_discharge) as is_discharge
    from decisive
    group by person_key, on_date
),

-- a register row holds until the person's next one begins
register as (
    select
        person_key,
        municipality_code,
        delivered_district_name,
        is_protected,
        valid_from,
        file_version_id,
        delivery_date,
        path,
        row_number,
        lead(valid_from, 1, cast('9999-12-31' as date)) over (
            partition by person_key order by valid_from
        ) as valid_before
    from {{ ref("stg_person") }}
)

select
    asked.person_key,
    asked.on_date,
    coalesce(in_force.is_protected, false) or coalesce(newest.is_protected, false) as is_protected,
    -- where a person with protected identity lives is told to no one
    case
        when not (coalesce(in_force.is_protected, false) or coalesce(newest.is_protected, false))
            then in_force.municipality_code
    end as municipality_code,
    case
        when
            not (coalesce(in_force.is_protected, false) or coalesce(newest.is_protected, false))
            and in_force.municipality_code = '0180'
            then in_force.delivered_district_name
    end as delivered_district_name,
    -- ages are on days of discharges, some of which are known only later
    case when asked.is_discharge then person_age.age_years end as age_years,
    -- the register row that decides: that day's, or the newest where only that one says protected
    case when {{ newest_decides }} then newest.valid_from else in_force.valid_from end as valid_from,
    case when {{ newest_decides }} then newest.delivery_date else in_force.delivery_date end as delivery_date,
    case when {{ newest_decides }} then newest.path else in_force.path end as path,
    case when {{ newest_decides }} then newest.row_number else in_force.row_number end as row_number
from asked
left join register as in_force
    on
        asked.person_key = in_force.person_key
        and asked.on_date >= in_force.valid_from
        and asked.on_date < in_force.valid_before
-- the newest row decides where it says protected, and nowhere else
left join register as newest
    on
        asked.person_key = newest.person_key
        and newest.valid_before = cast('9999-12-31' as date)
        and newest.is_protected
left join {{ source("lake", "person_age") }} as person_age
    on
        in_force.file_version_id = person_age.person_file_version_id
        and in_force.row_number = person_age.person_row_number
        and asked.on_date = person_age.on_date
