-- The messages that stand and may decide something by themselves, of episodes in the discharge process: those
-- with at least one admission or ready notice that is not cancelled (rules.md sections 3 and 4). Receipts are most
-- of what is sent, and count for the notice that they name: see int_episode_fact.
with standing as (
    select
        message.*,
        link.episode_id
    from {{ ref("stg_message") }} as message
    inner join {{ ref("int_stay_episode") }} as link
        on message.stay_id = link.stay_id
    left join {{ ref("int_cancelled_message") }} as cancelled
        on message.message_id = cancelled.message_id
    where
        cancelled.message_id is null
        and message.message_type not in ('receipt', 'discharge_information', 'cancellation')
),

in_process as (
    select distinct episode_id
    from standing
    where message_type in ('admission_notice', 'ready_notice')
)

select
    standing.message_id,
    standing.episode_id,
    standing.message_type,
    standing.sent_at,
    standing.sender_role,
    standing.needs,
    standing.need_assessed_at,
    standing.status,
    standing.sent_at <= episode.ended_at as is_in_time
from standing
inner join in_process
    on standing.episode_id = in_process.episode_id
inner join {{ ref("int_episode") }} as episode
    on standing.episode_id = episode.episode_id
