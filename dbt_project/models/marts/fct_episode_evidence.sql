select
    evidence.episode_id,
    evidence.feed,
    evidence.delivery_date,
    evidence.path,
    evidence.row_number,
    evidence.record_id,
    evidence.message_type,
    evidence.used_at,
    evidence.used_for,
    evidence.said
from {{ ref("int_episode_evidence") }} as evidence
-- those in the discharge process
inner join {{ ref("int_episode_fact") }} as fact
    on evidence.episode_id = fact.episode_id
