-- What the messages of an episode say: one row per episode in the discharge process. Each has at least one
-- message that decides something, for the notice that brings it in does, or was sent after discharge.
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
    count(case when used_for = 'receipt' then 1 end) > 0 as has_receipt,
    max(case when used_for = 'message_after_discharge' and use_number = 1 then sender_role end) as late_sender_role
from {{ ref("int_message_use") }}
group by episode_id
