-- What the messages of an episode say: one row per episode in the discharge process. Each has at least one
-- message that decides something, for the notice that brings it in does, or was sent after discharge.
with uses as (
    select * from {{ ref("int_message_use") }}
),

late_messages as (
    select
        episode_id,
        sender_role,
        row_number() over (partition by episode_id order by sent_at, message_id) as nth
    from uses
    where used_for = 'message_after_discharge'
),

facts as (
    select
        episode_id,
        max(case when used_for = 'admission_notice' then sent_at end) as admission_notice_at,
        max(case when used_for = 'admission_notice' then need_assessed_at end) as need_assessed_at,
        max(case when used_for = 'permanent_contact' then sent_at end) as permanent_contact_at,
        max(case when used_for = 'care_plan' then sent_at end) as care_plan_at,
        max(case when used_for = 'consent' then status end) as consent_status,
        max(case when used_for = 'sip_call' then sent_at end) as sip_call_at,
        max(case when used_for = 'ready_notice' then message_id end) as ready_notice_id,
        max(case when used_for = 'ready_notice' then sent_at end) as ready_notice_at,
        max(case when used_for in ('ready_notice', 'needs') then needs end) as needs,
        count(case when used_for = 'receipt' then 1 end) > 0 as has_receipt
    from uses
    group by episode_id
)

select
    facts.*,
    late_messages.sender_role as late_sender_role
from facts
left join late_messages
    on facts.episode_id = late_messages.episode_id and late_messages.nth = 1
