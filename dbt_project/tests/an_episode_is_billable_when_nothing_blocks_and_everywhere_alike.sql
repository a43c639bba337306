{{ config(meta={"dagster": {"ref": {"name": "fct_discharge_episode"}}}) }}

with blocked as (
    select distinct episode_id
    from {{ ref("fct_episode_finding") }}
    where is_blocking
)

select episode.episode_id
from {{ ref("fct_discharge_episode") }} as episode
left join blocked
    on episode.episode_id = blocked.episode_id
left join {{ ref("int_billed_episode") }} as billed
    on episode.episode_id = billed.episode_id
where
    episode.is_billable != (
        episode.is_discharged
        and episode.ready_notice_at is not null
        and episode.ruleset_id is not null
        and blocked.episode_id is null
    )
    or episode.is_billable != coalesce(billed.is_billable, false)
