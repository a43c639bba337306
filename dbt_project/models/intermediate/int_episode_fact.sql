-- What the messages of an episode say: one row per episode in the discharge process. Each has at least one
-- message that decides something, for the notice that brings it in does, or was sent after discharge.
with
-- stays of episodes with a standing notice: what receipts are looked up in is as few rows as can be
noticed as (
    select
        link.stay_id,
        notice.episode_id,
        notice.ready_notice_id,
        episode.ended_at
    from {{ ref("int_ready_period") }} as notice
    inner join {{ ref("int_stay_episode") }} as link
        on notice.episode_id = link.episode_id
    inner join {{ ref("int_episode") }} as episode
        on notice.episode_id = episode.episode_id
    where notice.is_standing
),

acknowledged as (
    select distinct noticed.episode_id
    from {{ ref("stg_message") }} as receipt
    inner join noticed
        on receipt.stay_id = noticed.stay_id and {{ is_of_standing_notice("receipt", "noticed") }}
    left join {{ ref("int_cancelled_message") }} as cancelled
        on receipt.message_id = cancelled.message_id
    where receipt.message_type = 'receipt' and cancelled.message_id is null
),

late_messages as (
    select
        episode_id,
        sender_role,
        row_number() over (partition by episode_id order by sent_at, message_id) as nth
    from {{ ref("int_message_use") }}
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
        max(case when used_for in ('ready_notice', 'needs') then needs end) as needs
    from {{ ref("int_message_use") }}
    group by episode_id
)

select
    facts.*,
    acknowledged.episode_id is not null as has_receipt,
    late_messages.sender_role as late_sender_role
from facts
left join acknowledged
    on facts.episode_id = acknowledged.episode_id
left join late_messages
    on facts.episode_id = late_messages.episode_id and late_messages.nth = 1
