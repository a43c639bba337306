-- Whether an episode is billable (rules.md section 6): discharged, with a standing ready notice and a
-- ruleset, and no blocking finding; and whether it would be if no dispute of it had been upheld.
with blocked as (
    select
        episode_id,
        max(case when finding_code = 'DISPUTE_UPHELD' then 0 else 1 end) as is_blocked_before_disputes
    from {{ ref("int_episode_finding") }}
    where is_blocking
    group by episode_id
),

judged as (
    select
        episode.episode_id,
        episode.is_discharged and fact.ready_notice_at is not null and day.ruleset_id is not null as is_complete,
        blocked.episode_id is not null as is_blocked,
        coalesce(blocked.is_blocked_before_disputes, 0) = 1 as is_blocked_before_disputes
    from {{ ref("int_episode") }} as episode
    inner join {{ ref("int_episode_fact") }} as fact
        on episode.episode_id = fact.episode_id
    inner join {{ ref("int_episode_day") }} as day
        on episode.episode_id = day.episode_id
    left join blocked
        on episode.episode_id = blocked.episode_id
)

select
    episode_id,
    is_complete and not is_blocked as is_billable,
    is_complete and not is_blocked_before_disputes as is_billable_before_disputes
from judged
