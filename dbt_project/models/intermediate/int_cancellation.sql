-- Who cancels whom: a message cancels only one before it in (sent_at, message_id) order (rules.md section 4).
-- Whether the canceller itself stands is settled in int_cancelled_message.
select
    canceller.message_id as canceller_id,
    target.message_id as target_id,
    target.stay_id as target_stay_id
from {{ ref("stg_message") }} as canceller
inner join {{ ref("stg_message") }} as target
    on canceller.cancels_message_id = target.message_id
where
    target.sent_at < canceller.sent_at
    or (target.sent_at = canceller.sent_at and target.message_id < canceller.message_id)
