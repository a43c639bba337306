-- Every delivered row that an episode rests on, and what that decides; episodes outside the discharge process
-- too, with their stays and messages.
{{ config(materialized="view") }}
with stays as (
    select
        stay.*,
        link.episode_id,
        link.stay_number,
        link.stay_number_from_last
    from {{ ref("stg_stay") }} as stay
    inner join {{ ref("int_stay_episode") }} as link
        on stay.stay_id = link.stay_id
),

liabilities as (
    select
        liability.*,
        episode.person_key
    from {{ ref("int_episode_liability") }} as liability
    inner join {{ ref("int_episode") }} as episode
        on liability.episode_id = episode.episode_id
)

select
    stays.episode_id,
    {{ evidence_columns(
        "stays", "stays", "stays.stay_id",
        "case when stays.stay_number = 1 then 'admission' else 'transfer' end", "stays.admitted_at",
        "stays.admission_type"
    ) }}
from stays
union all
select
    stays.episode_id,
    {{ evidence_columns(
        "stays", "stays", "stays.stay_id", "'discharge'", "stays.discharged_at", "stays.discharge_type"
    ) }}
from stays
where stays.stay_number_from_last = 1 and stays.discharged_at is not null
union all
select
    message.episode_id,
    {{ evidence_columns(
        "message", "messages", "message.message_id", "message.used_for", "message.sent_at",
        "coalesce(message.status, message.needs)", "message.message_type"
    ) }}
from {{ ref("int_message_evidence") }} as message
union all
select
    liabilities.episode_id,
    {{ evidence_columns(
        "person_day", "persons", "cast(null as " ~ dbt.type_string() ~ ")",
        "case when liabilities.is_protected then 'protected_identity' else 'liability_residence' end",
        "person_day.valid_from", "person_day.municipality_code"
    ) }}
from liabilities
inner join {{ ref("int_person_day") }} as person_day
    on
        liabilities.person_key = person_day.person_key
        and liabilities.liability_date = person_day.on_date
where liabilities.placement_id is null and person_day.path is not null
union all
select
    liabilities.episode_id,
    {{ evidence_columns(
        "placement", "placements", "placement.placement_id", "'liability_placement'", "placement.valid_from",
        "placement.placing_municipality_code"
    ) }}
from liabilities
inner join {{ ref("stg_placement") }} as placement
    on liabilities.placement_id = placement.placement_id
union all
select
    dispute.episode_id,
    {{ evidence_columns(
        "dispute", "disputes", "dispute.dispute_id",
        "case when dispute.is_effective then 'dispute' else 'no_effect' end", "dispute.updated_at",
        "dispute.status"
    ) }}
from {{ ref("int_dispute") }} as dispute
where dispute.episode_id is not null
