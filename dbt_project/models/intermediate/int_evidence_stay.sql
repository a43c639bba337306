{{ config(materialized="view") }}
-- Stays of episodes, with what is asked for to tell what an episode rests on; see macro episode_evidence.
select
    link.stay_id,
    link.episode_id,
    link.stay_number,
    link.stay_number_from_last,
    episode.person_key,
    episode.ended_at,
    notice.ready_notice_id
from {{ ref("int_stay_episode") }} as link
inner join {{ ref("int_episode") }} as episode
    on link.episode_id = episode.episode_id
left join {{ ref("int_ready_period") }} as notice
    on link.episode_id = notice.episode_id and notice.is_standing
