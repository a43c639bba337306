-- Which message of an episode decides what (rules.md sections 4 to 6). One that stands and decides nothing
-- has no row here.
{% set ranked_types = [
    "admission_notice", "permanent_contact_named", "sip_call", "care_plan_drawn_up", "consent",
    "outpatient_services",
] -%}
{% set listed = "'" ~ ranked_types | join("', '") ~ "'" -%}
with periods as (
    select * from {{ ref("int_ready_period") }}
),

messages as (
    select
        message.episode_id,
        message.message_id,
        message.message_type,
        message.sent_at,
        message.sender_role,
        message.needs,
        message.need_assessed_at,
        message.status,
        message.is_in_time,
        notice.ready_notice_at,
        notice.needs as ready_notice_needs,
        begun.is_standing as begins_standing_period,
        ended.withdrawal_id is not null as is_withdrawal,
        -- among what the latest is looked for: admission notices that name needs, services before the notice
        case message.message_type
            when 'admission_notice' then message.needs is not null
            when 'outpatient_services' then message.sent_at <= notice.ready_notice_at
            else true
        end as is_compared
    from {{ ref("int_episode_message") }} as message
    left join periods as begun
        on message.message_id = begun.ready_notice_id
    left join periods as ended
        on message.message_id = ended.withdrawal_id
    left join periods as notice
        on message.episode_id = notice.episode_id and notice.is_standing
),

ranked as (
    select
        *,
        row_number() over (partition by episode_id, message_type order by sent_at, message_id) as nth,
        row_number() over (
            partition by episode_id, message_type, is_in_time, is_compared order by sent_at desc, message_id desc
        ) as nth_from_last
    from messages
    where message_type in ({{ listed }})
    union all
    -- of the other types every message decides by itself
    select
        *,
        null as nth,
        null as nth_from_last
    from messages
    where message_type not in ({{ listed }})
),

by_type as (
    select
        *,
        case
            -- a SIP call counts whenever it was sent, after discharge too
            when message_type = 'sip_call' then case when nth = 1 then 'sip_call' end
            when not is_in_time then 'message_after_discharge'
            when begins_standing_period then 'ready_notice'
            when not begins_standing_period then 'withdrawn_ready_notice'
            when is_withdrawal then 'withdrawal'
            when message_type = 'admission_notice' and nth = 1 then 'admission_notice'
            when message_type = 'permanent_contact_named' and nth = 1 then 'permanent_contact'
            when message_type = 'care_plan_drawn_up' and nth = 1 then 'care_plan'
            when message_type = 'consent' and nth_from_last = 1 then 'consent'
            -- the status in force when the notice was sent, and every later one
            when
                message_type = 'outpatient_services'
                and (sent_at > ready_notice_at or (is_compared and nth_from_last = 1))
                then 'outpatient_services'
        end as used_for
    from ranked
),

uses as (
    select * from by_type
    where used_for is not null
    union all
    select
        * {{ except_columns(["used_for"]) }},
        'needs' as used_for
    from by_type
    where
        message_type = 'admission_notice'
        and is_in_time
        and is_compared
        and nth_from_last = 1
        and ready_notice_needs is null
),

-- of receipts, those of the standing notice that were sent in the same episode
receipts as (
    select
        receipt.message_id,
        receipt.sent_at,
        receipt.sender_role,
        receipt.needs,
        receipt.need_assessed_at,
        receipt.status,
        notice.episode_id
    from {{ ref("stg_message") }} as receipt
    inner join periods as notice
        on receipt.refers_to_message_id = notice.ready_notice_id and notice.is_standing
    inner join {{ ref("int_stay_episode") }} as link
        on receipt.stay_id = link.stay_id and notice.episode_id = link.episode_id
    inner join {{ ref("int_episode") }} as episode
        on notice.episode_id = episode.episode_id and receipt.sent_at <= episode.ended_at
    left join {{ ref("int_cancelled_message") }} as cancelled
        on receipt.message_id = cancelled.message_id
    where receipt.message_type = 'receipt' and cancelled.message_id is null
)

select
    episode_id,
    message_id,
    used_for,
    sent_at,
    sender_role,
    needs,
    need_assessed_at,
    status
from uses
union all
select
    episode_id,
    message_id,
    'receipt' as used_for,
    sent_at,
    sender_role,
    needs,
    need_assessed_at,
    status
from receipts
