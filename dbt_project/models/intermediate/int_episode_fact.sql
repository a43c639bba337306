-- What the messages of an episode say: one row per episode in the discharge process.
with messages as (
    select * from {{ ref("int_episode_message") }}
),

in_time as (
    select
        *,
        row_number() over (partition by episode_id, message_type order by sent_at, message_id) as nth,
        row_number() over (
            partition by episode_id, message_type order by sent_at desc, message_id desc
        ) as nth_from_last
    from messages
    where is_in_time
),

of_type as (
    select
        episode_id,
        max(case when message_type = 'admission_notice' and nth = 1 then sent_at end) as admission_notice_at,
        max(case when message_type = 'admission_notice' and nth = 1 then need_assessed_at end) as need_assessed_at,
        max(case when message_type = 'permanent_contact_named' and nth = 1 then sent_at end) as permanent_contact_at,
        max(case when message_type = 'care_plan_drawn_up' and nth = 1 then sent_at end) as care_plan_at,
        max(case when message_type = 'consent' and nth_from_last = 1 then status end) as consent_status
    from in_time
    group by episode_id
),

admission_needs as (
    select
        episode_id,
        needs,
        row_number() over (partition by episode_id order by sent_at desc, message_id desc) as nth_from_last
    from in_time
    where message_type = 'admission_notice' and needs is not null
),

-- a SIP call counts whenever it was sent, after discharge too
sip_calls as (
    select
        episode_id,
        min(sent_at) as sip_call_at
    from messages
    where message_type = 'sip_call'
    group by episode_id
),

standing_notices as (
    select * from {{ ref("int_ready_period") }}
    where is_standing
),

receipts as (
    select distinct standing_notices.episode_id
    from standing_notices
    inner join messages
        on standing_notices.ready_notice_id = messages.refers_to_message_id
    where messages.message_type = 'receipt' and messages.is_in_time
),

late_messages as (
    select
        episode_id,
        sender_role,
        row_number() over (partition by episode_id order by sent_at, message_id) as nth
    from messages
    where
        not is_in_time
        and message_type not in ('cancellation', 'receipt', 'discharge_information', 'sip_call')
),

episodes as (
    select distinct episode_id
    from messages
)

select
    episodes.episode_id,
    of_type.admission_notice_at,
    of_type.need_assessed_at,
    of_type.permanent_contact_at,
    of_type.care_plan_at,
    of_type.consent_status,
    sip_calls.sip_call_at,
    standing_notices.ready_notice_id,
    standing_notices.ready_notice_at,
    coalesce(standing_notices.needs, admission_needs.needs) as needs,
    receipts.episode_id is not null as has_receipt,
    late_messages.sender_role as late_sender_role
from episodes
left join of_type
    on episodes.episode_id = of_type.episode_id
left join admission_needs
    on episodes.episode_id = admission_needs.episode_id and admission_needs.nth_from_last = 1
left join sip_calls
    on episodes.episode_id = sip_calls.episode_id
left join standing_notices
    on episodes.episode_id = standing_notices.episode_id
left join receipts
    on episodes.episode_id = receipts.episode_id
left join late_messages
    on episodes.episode_id = late_messages.episode_id and late_messages.nth = 1
