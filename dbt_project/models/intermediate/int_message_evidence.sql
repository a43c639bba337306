-- What every message of an episode does for it: decides something, never happened, cancels, or nothing.
-- A message that replaces another does two things. One that cancels is evidence in the cancelled one's episode.
{{ config(materialized="view") }}
with cancelling as (
    select
        link.episode_id,
        cancellation.canceller_id as message_id,
        'cancellation' as used_for
    from {{ ref("int_cancellation") }} as cancellation
    inner join {{ ref("int_stay_episode") }} as link
        on cancellation.target_stay_id = link.stay_id
    left join {{ ref("int_cancelled_message") }} as undone
        on cancellation.canceller_id = undone.message_id
    where undone.message_id is null
),

uses as (
    select
        episode_id,
        message_id,
        used_for
    from {{ ref("int_message_use") }}
    union all
    select
        link.episode_id,
        message.message_id,
        'cancelled' as used_for
    from {{ ref("stg_message") }} as message
    inner join {{ ref("int_cancelled_message") }} as cancelled
        on message.message_id = cancelled.message_id
    inner join {{ ref("int_stay_episode") }} as link
        on message.stay_id = link.stay_id
    union all
    select * from cancelling
)

-- in the episode that it was sent in
select
    link.episode_id,
    message.message_id,
    coalesce(uses.used_for, 'no_effect') as used_for,
    {{ message_columns("message") }}
from {{ ref("stg_message") }} as message
inner join {{ ref("int_stay_episode") }} as link
    on message.stay_id = link.stay_id
left join uses
    on message.message_id = uses.message_id and link.episode_id = uses.episode_id
union all
-- in the one whose message it cancels
select
    cancelling.episode_id,
    cancelling.message_id,
    cancelling.used_for,
    {{ message_columns("message") }}
from cancelling
inner join {{ ref("stg_message") }} as message
    on cancelling.message_id = message.message_id
left join {{ ref("int_stay_episode") }} as link
    on message.stay_id = link.stay_id
where link.episode_id is null or cancelling.episode_id != link.episode_id
