-- Which message of an episode decides what (rules.md sections 4 to 6). One that stands and decides nothing
-- has no row here, and no receipt has: see int_episode_fact. Only messages of a type of which the first or the latest
-- counts are put in order.
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
        and (
            messages.sent_at > notice.ready_notice_at
            or (messages.sent_at = notice.ready_notice_at and messages.message_id > notice.ready_notice_id)
        ) as is_after_notice
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
    sent_at,
    sender_role,
    needs,
    need_assessed_at,
    status
from uses
