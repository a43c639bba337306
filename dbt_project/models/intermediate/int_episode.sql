-- One row per episode, in the discharge process or not: the first stay begins it, the last ends it.
with run as (
    select * from {{ ref("stg_run") }}
),

last_stays as (
    select
        stay.*,
        link.episode_id,
        link.stay_number
    from {{ ref("stg_stay") }} as stay
    inner join {{ ref("int_stay_episode") }} as link
        on stay.stay_id = link.stay_id
    where link.stay_number_from_last = 1
),

-- of an episode of one stay the first is the last
first_stays as (
    select
        stay.stay_id,
        stay.admission_type,
        stay.admitted_at
    from {{ ref("stg_stay") }} as stay
    inner join {{ ref("int_stay_episode") }} as link
        on stay.stay_id = link.stay_id
    where link.stay_number = 1 and link.stay_number_from_last > 1
)

select
    last_stays.episode_id,
    last_stays.person_key,
    coalesce(first_stays.admission_type, last_stays.admission_type) as admission_type,
    coalesce(first_stays.admitted_at, last_stays.admitted_at) as admitted_at,
    last_stays.hospital_unit,
    last_stays.care_type,
    last_stays.legal_basis,
    last_stays.to_open_compulsory_care,
    -- a type without a time is a plan: it counts when the patient has left
    case when last_stays.discharged_at is not null then last_stays.discharge_type end as discharge_type,
    last_stays.discharged_at,
    last_stays.stay_number as stays_in_episode,
    {{ date_of("last_stays.discharged_at") }} as discharge_date,
    last_stays.discharged_at is not null as is_discharged,
    {{ month_of(date_of("last_stays.discharged_at")) }} as billing_month,
    -- while a patient is still there, every rule is applied with the end of the as_of day
    coalesce(last_stays.discharged_at, run.as_of_end_at) as ended_at,
    coalesce({{ date_of("last_stays.discharged_at") }}, run.as_of) as end_date
from last_stays
cross join run
left join first_stays
    on last_stays.episode_id = first_stays.stay_id
