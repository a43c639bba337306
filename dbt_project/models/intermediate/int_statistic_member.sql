-- Which cells of the statistics an episode counts in: every geography it belongs to, under its own care
-- type and under `all`. Geography follows the liable municipality (rules.md section 9).
with run as (
    select * from {{ ref("stg_run") }}
),

episodes as (
    select
        episode.episode_id,
        episode.billing_month as month,
        episode.care_type,
        billable.is_billable,
        day.ready_days,
        day.liable_days,
        day.withdrawn_ready_days,
        liability.district_code,
        liability.liable_municipality_code,
        run.region_code,
        municipality.county_code,
        {{ age_group("person.age_years") }} as age_group
    from {{ ref("int_episode") }} as episode
    inner join {{ ref("int_episode_day") }} as day
        on episode.episode_id = day.episode_id
    inner join {{ ref("int_episode_liability") }} as liability
        on episode.episode_id = liability.episode_id
    inner join {{ ref("int_episode_billable") }} as billable
        on episode.episode_id = billable.episode_id
    cross join run
    left join {{ ref("municipality") }} as municipality
        on liability.liable_municipality_code = municipality.municipality_code
    left join {{ ref("int_person_day") }} as person
        on
            episode.person_key = person.person_key
            and episode.discharge_date = person.on_date
    where episode.is_discharged
),

{{ statistic_cells("episodes", "liable_municipality_code", "district_code") }}

select
    episode_id,
    month,
    geography_level,
    geography_code,
    care_type,
    is_billable,
    ready_days,
    liable_days,
    withdrawn_ready_days
from member
