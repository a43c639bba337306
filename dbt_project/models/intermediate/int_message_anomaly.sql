{{ config(materialized="view") }}
-- What is remarkable about messages that count (input.md): their stay, what they cancel, their time.
-- Each part reads the messages anew: as one CTE all of them would be kept, with all columns.
with cancellers as (
    select
        message_id,
        sent_at,
        cancels_message_id,
        delivery_date,
        path,
        row_number
    from {{ ref("stg_message") }}
    where cancels_message_id is not null
),

-- looked up by name first: messages are many, and hardly any is cancelled
targets as (
    select
        message_id,
        sent_at
    from {{ ref("stg_message") }}
    where message_id in (select cancellers.cancels_message_id from cancellers)
),

reported as (
    select
        message.delivery_date,
        message.path,
        message.row_number,
        'STAY_UNKNOWN' as anomaly_code
    from {{ ref("stg_message") }} as message
    left join {{ ref("stg_stay") }} as stay
        on message.stay_id = stay.stay_id
    where stay.stay_id is null

    union all

    select
        canceller.delivery_date,
        canceller.path,
        canceller.row_number,
        case
            when target.message_id is null then 'CANCELLATION_OF_UNKNOWN_MESSAGE'
            else 'CANCELLATION_BEFORE_MESSAGE'
        end as anomaly_code
    from cancellers as canceller
    left join targets as target
        on canceller.cancels_message_id = target.message_id
    where
        target.message_id is null
        or canceller.sent_at < target.sent_at
        or (canceller.sent_at = target.sent_at and canceller.message_id <= target.message_id)

    union all

    select
        delivery_date,
        path,
        row_number,
        'TIMESTAMP_IN_FUTURE' as anomaly_code
    from {{ ref("stg_message") }}
    where
        {{ date_of("sent_at") }} > delivery_date
        or {{ date_of("need_assessed_at") }} > delivery_date
)

select
    'messages' as feed,
    *
from reported
