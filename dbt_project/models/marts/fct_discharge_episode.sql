with open_disputes as (
    select distinct episode_id
    from {{ ref("int_dispute") }}
    where is_effective and status = 'open'
)

select
    episode.episode_id,
    episode.person_key,
    episode.hospital_unit,
    episode.care_type,
    episode.admitted_at,
    episode.discharged_at,
    episode.discharge_date,
    episode.is_discharged,
    episode.billing_month,
    fact.needs,
    fact.ready_notice_at,
    day.day_zero,
    day.liability_entry_date,
    day.ready_days,
    day.liable_days,
    day.withdrawn_ready_days,
    day.ready_days_to_date,
    liability.liable_municipality_code,
    liability.liability_basis,
    liability.district_code,
    day.ruleset_id,
    billable.is_billable,
    open_disputes.episode_id is not null as has_open_dispute,
    episode.admission_type,
    episode.discharge_type,
    fact.admission_notice_at,
    fact.permanent_contact_at,
    fact.sip_call_at,
    fact.care_plan_at,
    fact.consent_status,
    cast(episode.stays_in_episode as integer) as stays_in_episode
from {{ ref("int_episode") }} as episode
inner join {{ ref("int_episode_fact") }} as fact
    on episode.episode_id = fact.episode_id
inner join {{ ref("int_episode_liability") }} as liability
    on episode.episode_id = liability.episode_id
inner join {{ ref("int_episode_day") }} as day
    on episode.episode_id = day.episode_id
inner join {{ ref("int_episode_billable") }} as billable
    on episode.episode_id = billable.episode_id
left join open_disputes
    on episode.episode_id = open_disputes.episode_id
