-- Who cancels whom: a message cancels only one before it in (sent_at, message_id) order (rules.md section 4).
-- Whether the canceller itself stands is settled in int_cancelled_message.
with cancellers as (
    select
        message_id,
        sent_at,
        cancels_message_id
    from {{ ref("stg_message") }}
    where cancels_message_id is not null
),

-- looked up by name first: messages are many, and hardly any is cancelled
targets as (
    select
        message_id,
        stay_id,
        sent_at
    from {{ ref("stg_message") }}
    where message_id in (select cancellers.cancels_message_id from cancellers)
)

select
    cancellers.message_id as canceller_id,
    targets.message_id as target_id,
    targets.stay_id as target_stay_id
from cancellers
inner join targets
    on cancellers.cancels_message_id = targets.message_id
where
    targets.sent_at < cancellers.sent_at
    or (targets.sent_at = cancellers.sent_at and targets.message_id < cancellers.message_id)
