-- Findings of every episode in the discharge process (rules.md section 6): all that apply, one row each.
-- Each line of the case is one row of the seed `finding`, and a test holds the two lists equal.
with effective_disputes as (
    select
        episode_id,
        max(case when status = 'upheld' then 1 else 0 end) as has_upheld
    from {{ ref("int_dispute") }}
    where is_effective
    group by episode_id
),

-- an episode without a ruleset is held to the statute's deadlines
statute as (
    select
        admission_notice_hours,
        sip_call_days,
        row_number() over (order by valid_from, ruleset_id) as nth
    from {{ ref("stg_ruleset") }}
    where agreement_id = 'statute'
),

facts as (
    select
        episode.episode_id,
        episode.admitted_at,
        episode.discharge_type,
        episode.to_open_compulsory_care as is_care_plan_due,
        fact.admission_notice_at,
        case
            when fact.need_assessed_at > episode.admitted_at then fact.need_assessed_at
            else episode.admitted_at
        end as admission_notice_due_from,
        fact.permanent_contact_at,
        fact.care_plan_at,
        fact.consent_status,
        fact.ready_notice_at,
        fact.needs,
        fact.has_receipt,
        fact.late_sender_role,
        {{ date_of("fact.sip_call_at") }} as sip_call_date,
        {{ date_of("fact.ready_notice_at") }} as ready_notice_date,
        run.as_of,
        liability.liable_municipality_code,
        day.ruleset_id,
        coalesce(ruleset.admission_notice_hours, statute.admission_notice_hours) as admission_notice_hours,
        coalesce(ruleset.sip_call_days, statute.sip_call_days) as sip_call_days,
        region_service.episode_id is not null as has_unavailable_service,
        coalesce(effective_disputes.has_upheld, 0) = 1 as has_upheld_dispute
    from {{ ref("int_episode") }} as episode
    inner join {{ ref("int_episode_fact") }} as fact
        on episode.episode_id = fact.episode_id
    inner join {{ ref("int_episode_liability") }} as liability
        on episode.episode_id = liability.episode_id
    inner join {{ ref("int_episode_day") }} as day
        on episode.episode_id = day.episode_id
    inner join statute
        on statute.nth = 1
    cross join {{ ref("stg_run") }} as run
    left join {{ ref("stg_ruleset") }} as ruleset
        on day.ruleset_id = ruleset.ruleset_id
    left join {{ ref("int_region_service") }} as region_service
        on episode.episode_id = region_service.episode_id
    left join effective_disputes
        on episode.episode_id = effective_disputes.episode_id
)

select
    facts.episode_id,
    finding.finding_code,
    finding.is_blocking,
    finding.responsible,
    case when finding.responsible = 'sender' then facts.late_sender_role end as sender_role,
    finding.legal_reference,
    finding.text_sv
from facts
cross join {{ ref("finding") }} as finding
where
    case finding.finding_code
        when 'ADMISSION_NOTICE_MISSING' then admission_notice_at is null
        when 'ADMISSION_NOTICE_LATE'
            then admission_notice_at > {{ add_hours("admission_notice_due_from", "admission_notice_hours") }}
        when 'READY_NOTICE_MISSING' then ready_notice_at is null
        when 'PERMANENT_CONTACT_MISSING' then needs = 'both' and permanent_contact_at is null
        when 'SIP_CALL_MISSING'
            then
                needs = 'both' and not is_care_plan_due and sip_call_date is null
                and (
                    ready_notice_date is null
                    or as_of > {{ add_days("ready_notice_date", "sip_call_days") }}
                )
        when 'SIP_CALL_LATE'
            then
                needs = 'both' and not is_care_plan_due
                and sip_call_date > {{ add_days("ready_notice_date", "sip_call_days") }}
        when 'CARE_PLAN_MISSING' then is_care_plan_due and care_plan_at is null
        when 'REGION_SERVICES_UNAVAILABLE' then has_unavailable_service
        when 'PATIENT_DECLINED' then consent_status = 'declined'
        when 'NO_MUNICIPAL_NEED' then needs = 'region'
        when 'NEEDS_UNKNOWN' then needs is null
        when 'DECEASED' then discharge_type = 'deceased'
        when 'MUNICIPALITY_UNKNOWN' then liable_municipality_code is null
        when 'RULESET_MISSING' then ruleset_id is null
        when 'DISPUTE_UPHELD' then has_upheld_dispute
        when 'MESSAGE_AFTER_DISCHARGE' then late_sender_role is not null
        when 'TRANSFER_WITHOUT_SUCCESSOR' then discharge_type = 'transferred'
        when 'RECEIPT_MISSING' then ready_notice_at is not null and not has_receipt
    end
