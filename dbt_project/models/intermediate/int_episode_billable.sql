-- Whether an episode is billable (rules.md section 6): discharged, with a standing ready notice and a
-- ruleset, and no blocking finding.
with blocked as (
    select distinct episode_id
    from {{ ref("int_episode_finding") }}
    where is_blocking
)

select
    episode.episode_id,
    episode.is_discharged
    and fact.ready_notice_at is not null
    and day.ruleset_id is not null
    and blocked.episode_id is null as is_billable
from {{ ref("int_episode") }} as episode
inner join {{ ref("int_episode_fact") }} as fact
    on episode.episode_id = fact.episode_id
inner join {{ ref("int_episode_day") }} as day
    on episode.episode_id = day.episode_id
left join blocked
    on episode.episode_id = blocked.episode_id
