-- Unplanned readmissions within seven days, 65 and over (rules.md section 9): all episodes count, in the
-- discharge process or not, across care types and hospitals.
with index_episodes as (
    select
        episode.episode_id,
        episode.person_key,
        episode.care_type,
        episode.admitted_at,
        episode.discharged_at,
        episode.discharge_date,
        person.age_years,
        person.municipality_code,
        person.delivered_district_name
    from {{ ref("int_episode") }} as episode
    inner join {{ ref("int_person_day") }} as person
        on
            episode.person_key = person.person_key
            and episode.discharge_date = person.on_date
    where
        episode.is_discharged
        and episode.discharge_type != 'deceased'
        and person.age_years >= 65
),

followed as (
    select
        index_episodes.episode_id,
        later.episode_id as next_episode_id,
        later.admitted_at as next_admitted_at,
        later.admission_type as next_admission_type,
        row_number() over (
            partition by index_episodes.episode_id order by later.admitted_at, later.episode_id
        ) as nth
    from index_episodes
    inner join {{ ref("int_episode") }} as later
        on
            index_episodes.person_key = later.person_key
            and index_episodes.discharged_at <= later.admitted_at
            and (
                index_episodes.admitted_at < later.admitted_at
                or index_episodes.episode_id < later.episode_id
            )
)

select
    index_episodes.episode_id as index_episode_id,
    index_episodes.person_key,
    index_episodes.care_type,
    index_episodes.discharge_date,
    index_episodes.age_years as age,
    index_episodes.municipality_code,
    district.name_in_force as district_code,
    followed.next_episode_id,
    {{ days_between("index_episodes.discharge_date", date_of("followed.next_admitted_at")) }} as days_to_next,
    coalesce(
        followed.next_admission_type = 'unplanned'
        and {{ days_between("index_episodes.discharge_date", date_of("followed.next_admitted_at")) }} <= 7,
        false
    ) as is_readmitted_within_7_days,
    {{ add_days("index_episodes.discharge_date", 7) }} < run.as_of as is_follow_up_complete
from index_episodes
cross join {{ ref("stg_run") }} as run
left join followed
    on index_episodes.episode_id = followed.episode_id and followed.nth = 1
left join {{ ref("int_district_in_force") }} as district
    on
        index_episodes.delivered_district_name = district.district_name
        and {{ in_force("index_episodes.discharge_date", "district.valid_from", "district.valid_to") }}
