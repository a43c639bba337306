-- Which episode a stay belongs to: transfers link a stay to the person's next one (rules.md section 3).
-- Only of people who were transferred are stays put in order; anybody else's are an episode each.
with stays as (
    select
        stay_id,
        person_key,
        admitted_at,
        discharged_at,
        discharge_type
    from {{ ref("stg_stay") }}
),

transferred as (
    select distinct person_key
    from stays
    where discharge_type = 'transferred'
),

neighbours as (
    select
        stays.stay_id,
        stays.person_key,
        stays.admitted_at,
        lag(stays.discharge_type) over (
            partition by stays.person_key order by stays.admitted_at, stays.stay_id
        ) as previous_discharge_type,
        lag(stays.discharged_at) over (
            partition by stays.person_key order by stays.admitted_at, stays.stay_id
        ) as previous_discharged_at
    from stays
    inner join transferred
        on stays.person_key = transferred.person_key
),

first_stays as (
    select
        *,
        case
            when
                previous_discharge_type = 'transferred'
                and admitted_at >= previous_discharged_at
                and admitted_at <= {{ add_hours("previous_discharged_at", 24) }}
                then 0
            else 1
        end as is_first
    from neighbours
),

numbered as (
    select
        *,
        sum(is_first) over (
            partition by person_key order by admitted_at, stay_id
            rows between unbounded preceding and current row
        ) as episode_number
    from first_stays
)

select
    stay_id,
    first_value(stay_id) over (
        partition by person_key, episode_number order by admitted_at, stay_id
        rows between unbounded preceding and unbounded following
    ) as episode_id,
    row_number() over (
        partition by person_key, episode_number order by admitted_at, stay_id
    ) as stay_number,
    row_number() over (
        partition by person_key, episode_number order by admitted_at desc, stay_id desc
    ) as stay_number_from_last
from numbered

union all

select
    stays.stay_id,
    stays.stay_id as episode_id,
    1 as stay_number,
    1 as stay_number_from_last
from stays
left join transferred
    on stays.person_key = transferred.person_key
where transferred.person_key is null
