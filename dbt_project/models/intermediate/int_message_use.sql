-- Which message of an episode decides what (rules.md sections 4 to 6). One that stands and decides nothing
-- has no row here. Only messages of a type of which the first or the latest counts are put in order.
{% set said = ["sent_at", "sender_role", "needs", "need_assessed_at", "status"] -%}
{% set first_counts = {
    "admission_notice": "admission_notice", "permanent_contact_named": "permanent_contact",
    "care_plan_drawn_up": "care_plan", "sip_call": "sip_call",
} -%}
with periods as (
    select * from {{ ref("int_ready_period") }}
),

standing_notices as (
    select
        episode_id,
        ready_notice_id,
        ready_notice_at,
        needs
    from periods
    where is_standing
),

-- readiness: the earliest notice of each period, and what withdrew it
readiness as (
    select
        ready_notice_id as message_id,
        case when is_standing then 'ready_notice' else 'withdrawn_ready_notice' end as used_for
    from periods
    union all
    select
        withdrawal_id as message_id,
        'withdrawal' as used_for
    from periods
    where withdrawal_id is not null
),

-- a SIP call counts whenever it was sent, after discharge too
firsts as (
    select
        *,
        row_number() over (partition by episode_id, message_type order by sent_at, message_id) as nth
    from {{ ref("int_episode_message") }}
    where
        message_type in (
            {%- for message_type in first_counts %}
                '{{ message_type }}'{{ "," if not loop.last }}
            {%- endfor %}
        )
        and (is_in_time or message_type = 'sip_call')
),

-- among what the latest is looked for: admission notices that name needs where the ready notice does not,
-- and services up to the notice
latest_candidates as (
    select
        messages.*,
        messages.message_type = 'outpatient_services'
        and messages.sent_at > notice.ready_notice_at as is_after_notice
    from {{ ref("int_episode_message") }} as messages
    left join standing_notices as notice
        on messages.episode_id = notice.episode_id
    where
        messages.is_in_time
        and (
            messages.message_type = 'consent'
            or (messages.message_type = 'outpatient_services' and notice.ready_notice_at is not null)
            or (messages.message_type = 'admission_notice' and messages.needs is not null and notice.needs is null)
        )
),

latest as (
    select
        *,
        row_number() over (
            partition by episode_id, message_type, is_after_notice order by sent_at desc, message_id desc
        ) as nth_from_last
    from latest_candidates
),

-- stays of episodes with a standing notice: what receipts are looked up in is as few rows as can be
noticed as (
    select
        notice.episode_id,
        notice.ready_notice_id,
        link.stay_id,
        episode.ended_at
    from standing_notices as notice
    inner join {{ ref("int_stay_episode") }} as link
        on notice.episode_id = link.episode_id
    inner join {{ ref("int_episode") }} as episode
        on notice.episode_id = episode.episode_id
),

-- of receipts, those of the standing notice that were sent in the same episode
receipts as (
    select
        noticed.episode_id,
        receipt.message_id,
        receipt.{{ said | join(", receipt.") }}
    from {{ ref("stg_message") }} as receipt
    inner join noticed
        on
            receipt.refers_to_message_id = noticed.ready_notice_id
            and receipt.stay_id = noticed.stay_id
            and receipt.sent_at <= noticed.ended_at
    left join {{ ref("int_cancelled_message") }} as cancelled
        on receipt.message_id = cancelled.message_id
    where receipt.message_type = 'receipt' and cancelled.message_id is null
),

uses as (
    select
        messages.*,
        readiness.used_for
    from {{ ref("int_episode_message") }} as messages
    inner join readiness
        on messages.message_id = readiness.message_id
    union all
    select
        firsts.* {{ except_columns(["nth"]) }},
        case message_type
            {%- for message_type, used_for in first_counts.items() %}
                when '{{ message_type }}' then '{{ used_for }}'
            {%- endfor %}
        end as used_for
    from firsts
    where nth = 1
    union all
    select
        latest.* {{ except_columns(["nth_from_last", "is_after_notice"]) }},
        case message_type when 'admission_notice' then 'needs' else message_type end as used_for
    from latest
    -- the status of services in force when the notice was sent, and every later one
    where nth_from_last = 1 or is_after_notice
    union all
    select
        messages.*,
        'message_after_discharge' as used_for
    from {{ ref("int_episode_message") }} as messages
    where not messages.is_in_time and messages.message_type != 'sip_call'
)

select
    episode_id,
    message_id,
    used_for,
    {{ said | join(", ") }}
from uses
union all
select
    episode_id,
    message_id,
    'receipt' as used_for,
    {{ said | join(", ") }}
from receipts
