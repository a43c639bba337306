{{ config(materialized="view") }}
-- What is remarkable about who a stay's person is, where a person lives, and who placed whom where (input.md).
with stays as (
    select * from {{ ref("stg_stay") }}
),

persons as (
    select * from {{ ref("stg_person") }}
),

known_persons as (
    select distinct person_key from persons
)

select
    'stays' as feed,
    stay.delivery_date,
    stay.path,
    stay.row_number,
    'PERSON_UNKNOWN' as anomaly_code
from stays as stay
left join known_persons as person
    on stay.person_key = person.person_key
where person.person_key is null

union all

-- left out of the readmission index, and counted here
select
    'stays' as feed,
    stay.delivery_date,
    stay.path,
    stay.row_number,
    'BIRTH_DATE_UNKNOWN' as anomaly_code
from {{ ref("int_episode") }} as episode
inner join {{ ref("int_stay_episode") }} as link
    on episode.episode_id = link.episode_id and link.stay_number_from_last = 1
inner join stays as stay
    on link.stay_id = stay.stay_id
inner join {{ ref("int_person_day") }} as person
    on episode.person_key = person.person_key and episode.discharge_date = person.on_date
where
    episode.is_discharged
    and episode.discharge_type != 'deceased'
    and person.age_years is null

union all

select
    'persons' as feed,
    delivery_date,
    path,
    row_number,
    'MUNICIPALITY_CODE_UNKNOWN' as anomaly_code
from persons
where municipality_code is null and delivered_municipality_code is not null

union all

select
    'placements' as feed,
    placement.delivery_date,
    placement.path,
    placement.row_number,
    'MUNICIPALITY_CODE_UNKNOWN' as anomaly_code
from {{ ref("stg_placement") }} as placement
left join {{ ref("municipality") }} as placed_by
    on placement.placing_municipality_code = placed_by.municipality_code
left join {{ ref("municipality") }} as placed_in
    on placement.staying_municipality_code = placed_in.municipality_code
where placed_by.municipality_code is null or placed_in.municipality_code is null

union all

select
    'persons' as feed,
    person.delivery_date,
    person.path,
    person.row_number,
    case
        when district.district_name is null then 'DISTRICT_UNKNOWN'
        else 'DISTRICT_NOT_IN_FORCE'
    end as anomaly_code
from persons as person
left join {{ ref("stg_district") }} as district
    on person.delivered_district_name = district.district_name
where
    person.delivered_district_name is not null
    and (
        district.district_name is null
        or not {{ in_force("person.delivery_date", "district.valid_from", "district.valid_to") }}
    )
