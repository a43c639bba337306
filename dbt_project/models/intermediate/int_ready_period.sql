-- Periods of readiness of an episode, parted by withdrawals. Period p holds the ready notices with p
-- withdrawals before them; it is withdrawn when withdrawal p + 1 exists, and stands otherwise.
with notices as (
    select
        episode_id,
        message_id,
        message_type,
        sent_at,
        needs,
        count(case when message_type = 'ready_withdrawn' then 1 end) over (
            partition by episode_id order by sent_at, message_id
            rows between unbounded preceding and current row
        ) as withdrawals_so_far
    from {{ ref("int_episode_message") }}
    where message_type in ('ready_notice', 'ready_withdrawn') and is_in_time
),

earliest_notices as (
    select
        *,
        row_number() over (partition by episode_id, withdrawals_so_far order by sent_at, message_id) as nth
    from notices
    where message_type = 'ready_notice'
),

withdrawals as (
    select
        episode_id,
        message_id as withdrawal_id,
        sent_at as withdrawn_at,
        withdrawals_so_far - 1 as period_number
    from notices
    where message_type = 'ready_withdrawn'
)

select
    earliest_notices.episode_id,
    earliest_notices.withdrawals_so_far as period_number,
    earliest_notices.message_id as ready_notice_id,
    earliest_notices.sent_at as ready_notice_at,
    earliest_notices.needs,
    withdrawals.withdrawal_id,
    withdrawals.withdrawn_at,
    withdrawals.withdrawn_at is null as is_standing
from earliest_notices
left join withdrawals
    on
        earliest_notices.episode_id = withdrawals.episode_id
        and earliest_notices.withdrawals_so_far = withdrawals.period_number
where earliest_notices.nth = 1
