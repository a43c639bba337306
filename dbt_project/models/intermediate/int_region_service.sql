-- Episodes whose outpatient services were not available, or not known to be, at some moment from the
-- standing ready notice to the end (2017:612 5:5). The status in force at the notice counts.
with statuses as (
    select
        message.episode_id,
        message.status,
        message.sent_at,
        fact.ready_notice_at,
        row_number() over (
            partition by message.episode_id, case when message.sent_at <= fact.ready_notice_at then 1 else 0 end
            order by message.sent_at desc, message.message_id desc
        ) as nth_from_last
    from {{ ref("int_episode_message") }} as message
    inner join {{ ref("int_episode_fact") }} as fact
        on message.episode_id = fact.episode_id
    where
        message.message_type = 'outpatient_services'
        and message.is_in_time
        and fact.ready_notice_at is not null
)

select distinct episode_id
from statuses
where
    status in ('unavailable', 'unclear')
    and (sent_at > ready_notice_at or nth_from_last = 1)
