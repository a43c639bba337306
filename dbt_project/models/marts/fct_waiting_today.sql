-- What ward and municipality look at every morning: who is ready and waits, where, for whom and why. No persons.
{% set parties = ["inpatient", "outpatient", "region", "patient", "none"] %}
with waiting as (
    select
        *,
        coalesce(liable_municipality_code, 'unknown') as municipality_code
    from {{ ref("fct_discharge_episode") }}
    where not is_discharged and ready_notice_at is not null
),

blocked as (
    select
        {% for party in parties -%}
            max(case when responsible = '{{ party }}' then 1 else 0 end) as by_{{ party }},
        {% endfor -%}
        episode_id
    from {{ ref("fct_episode_finding") }}
    where is_blocking
    group by episode_id
)

select
    run.as_of,
    waiting.hospital_unit,
    waiting.municipality_code,
    coalesce(municipality.municipality_name, 'Okänd kommun') as municipality_name,
    waiting.care_type,
    {% for party in parties -%}
        cast(coalesce(sum(blocked.by_{{ party }}), 0) as bigint) as patients_blocked_by_{{ party }},
    {% endfor -%}
    count(*) as patients_waiting,
    cast(sum(waiting.ready_days_to_date) as bigint) as ready_days_to_date,
    cast(max(waiting.ready_days_to_date) as bigint) as longest_ready_days_to_date,
    count(
        case when blocked.episode_id is null and waiting.liability_entry_date <= run.as_of then 1 end
    ) as patients_with_liability,
    count(blocked.episode_id) as patients_blocked
from waiting
cross join {{ ref("stg_run") }} as run
left join blocked
    on waiting.episode_id = blocked.episode_id
left join {{ ref("municipality") }} as municipality
    on waiting.municipality_code = municipality.municipality_code
group by run.as_of, waiting.hospital_unit, waiting.municipality_code, municipality.municipality_name, waiting.care_type
