-- The marts as one hand-written DuckDB script: the floor that `lus run` is measured against.
-- In: variables files (feed -> lake files), seeds, as_of, region; table file, the file versions that count at as_of; vault.
-- Left out, which the pipeline does: own rows, tests, checks, contracts, the marts not made here.
create macro day_zero(sent, cutoff, comparator) as
    cast(sent as date) + cast(sent::time > cutoff or (comparator = 'at_or_after' and sent::time = cutoff) as integer);
create macro days_from(a, b) as case when b < a then 0 else cast(b - a as integer) end;
create macro half_up(n, d, decimals) as cast(cast(
    (2 * n::bigint * cast(10 ** decimals as bigint) + d) // nullif(2 * d::bigint, 0) * cast(10 ** (4 - decimals) as bigint)
    as decimal(18, 4)) * 0.0001::decimal(5, 4) as decimal(18, 4));
create macro in_force(day, a, b) as day >= a and (b is null or day <= b);
create macro seed(name) as table from read_csv(getvariable('seeds') || '/' || name || '.csv', all_varchar = true);
create macro feed(name) as table
    select f.*, file.delivery_date, file.path
    from read_parquet(getvariable('files')[name]) as f inner join file using (file_version_id)
    where f.reason_code is null;

-- the rules
create temp table ruleset as
select * replace (
    valid_from::date as valid_from, valid_to::date as valid_to, free_days::integer as free_days,
    cutoff_time::time as cutoff_time, mean_level::decimal(18, 4) as mean_level, mean_decimals::integer as mean_decimals,
    individual_after_days::integer as individual_after_days, admission_notice_hours::integer as admission_notice_hours,
    sip_call_days::integer as sip_call_days)
from seed('ruleset');
create temp table finding as select * replace (is_blocking::boolean as is_blocking) from seed('finding');
create temp table municipality as from seed('municipality');
create temp table district as
with recursive named as (
    select *, district_name as name_in_force from seed('district')
    union all
    select named.district_name, d.valid_from, d.valid_to, d.merged_into, d.district_name
    from named inner join seed('district') as d on named.merged_into = d.district_name
)
select district_name, name_in_force, valid_from::date as valid_from, valid_to::date as valid_to from named;
create temp table calendar as
select cast(range as date) as day from range(timestamp '2017-01-01', timestamp '2041-01-01', interval 1 day);
create temp table rate_day as
select rate_source, day, rate_sek::decimal(18, 2) as rate_sek
from calendar inner join seed('daily_rate') on in_force(day, valid_from::date, valid_to::date)
qualify row_number() over (partition by rate_source, day order by valid_from desc) = 1;
create temp table weekday as
select
    c.holiday_calendar, day, isodow(day) < 6 and h.holiday_date is null as is_weekday,
    count_if(is_weekday) over (partition by c.holiday_calendar order by day) as number
from calendar cross join (select distinct holiday_calendar from seed('holiday')) as c
left join seed('holiday') as h on h.holiday_calendar = c.holiday_calendar and h.holiday_date::date = day;

-- the standing row of every key
create temp table stay as
select
    stay_id, person_key, hospital_unit, care_type, admission_type, admitted_at, discharged_at, discharge_type, to_open_compulsory_care
from feed('stays')
qualify row_number() over (partition by stay_id order by updated_at desc, delivery_date desc, path desc, row_number desc) = 1;
create temp table person as
select person_key, valid_from, m.municipality_code, district_code, protected_identity, file_version_id, row_number
from feed('persons') as p left join municipality as m using (municipality_code)
qualify row_number() over (partition by person_key, valid_from order by delivery_date desc, path desc, row_number desc) = 1;
create temp table placement as from feed('placements')
qualify row_number() over (partition by placement_id order by delivery_date desc, path desc, row_number desc) = 1;
create temp table dispute as from feed('disputes')
qualify row_number() over (partition by dispute_id order by updated_at desc, delivery_date desc, path desc, row_number desc) = 1;
create temp table delivered_message as
select
    message_id, stay_id, message_type, sent_at, sender_role, cancels_message_id, needs, need_assessed_at, status, refers_to_message_id
from feed('messages')
qualify row_number() over (partition by message_id order by delivery_date, path, row_number) = 1;

-- stays linked by transfers
create temp table link as
with neighbours as (
    select stay_id, person_key, admitted_at, row_number() over w as number, not coalesce(
        lag(discharge_type) over w = 'transferred'
        and admitted_at between lag(discharged_at) over w and lag(discharged_at) over w + interval 24 hour, false) as is_first
    from stay window w as (partition by person_key order by admitted_at, stay_id)
),
numbered as (
    select
        *, lead(is_first, 1, true) over w as is_last, max(if(is_first, number, null)) over (w rows unbounded preceding) as head
    from neighbours window w as (partition by person_key order by number)
)
select
    n.stay_id, n.is_last, cast(n.number - n.head + 1 as integer) as stay_number, coalesce(h.stay_id, n.stay_id) as episode_id
from numbered as n left join numbered as h on n.person_key = h.person_key and if(n.is_first, null, n.head) = h.number;
create temp table episode as
select
    l.episode_id, person_key, coalesce(f.admission_type, s.admission_type) as admission_type, coalesce(f.admitted_at, s.admitted_at) as admitted_at,
    hospital_unit, care_type, to_open_compulsory_care, discharge_type, discharged_at, stay_number as stays_in_episode,
    discharged_at::date as discharge_date, discharged_at is not null as is_discharged,
    cast(date_trunc('month', discharged_at) as date) as billing_month,
    coalesce(discharged_at, getvariable('as_of') + interval 1 day - interval 1 microsecond) as ended_at,
    coalesce(discharge_date, getvariable('as_of')) as end_date
from link as l inner join stay as s using (stay_id)
left join (
    select episode_id, stay.admission_type, stay.admitted_at
    from link inner join stay on episode_id = stay.stay_id where is_last and stay_number > 1
) as f on l.episode_id = f.episode_id
where is_last;

-- messages that stand; after four steps every chain of four cancellations is settled
create temp table message as
with cancels as (
    select c.message_id as canceller, t.message_id
    from delivered_message as c inner join delivered_message as t on c.cancels_message_id = t.message_id
    where (t.sent_at, t.message_id) < (c.sent_at, c.message_id)
),
one as (from cancels where canceller not in (select message_id from cancels)),
two as (from cancels where canceller not in (select message_id from one)),
three as (from cancels where canceller not in (select message_id from two)),
four as (from cancels where canceller not in (select message_id from three)),
standing as (
    select
        episode_id, m.message_id, message_type, sent_at, sender_role, needs, need_assessed_at, status,
        refers_to_message_id, {sent: sent_at, id: m.message_id} as position
    from delivered_message as m inner join link using (stay_id) where m.message_id not in (select message_id from four)
)
select standing.*, sent_at <= ended_at as in_time
from standing inner join episode using (episode_id)
where episode_id in (select episode_id from standing where message_type in ('admission_notice', 'ready_notice'));

-- readiness: the notices between two withdrawals; the last period, if not withdrawn, stands
create temp table period as
select
    episode_id, min(sent_at) filter (not ends) as ready_notice_at, min(sent_at) filter (ends) as withdrawn_at,
    arg_min(message_id, position) filter (not ends) as ready_notice_id,
    arg_min_null(needs, position) filter (not ends) as needs
from (
    select *, message_type = 'ready_withdrawn' as ends,
        count_if(ends) over (partition by episode_id order by sent_at, message_id rows between unbounded preceding and 1 preceding) as nth
    from message where in_time and message_type in ('ready_notice', 'ready_withdrawn')
)
group by episode_id, coalesce(nth, 0) having ready_notice_at is not null;
create temp table fact as
with said as (
    select
        episode_id, min(sent_at) filter (in_time and message_type = 'admission_notice') as admission_notice_at,
        arg_min_null(need_assessed_at, position) filter (in_time and message_type = 'admission_notice') as need_assessed_at,
        arg_max(needs, position) filter (in_time and message_type = 'admission_notice') as admission_needs,
        min(sent_at) filter (in_time and message_type = 'permanent_contact_named') as permanent_contact_at,
        min(sent_at) filter (in_time and message_type = 'care_plan_drawn_up') as care_plan_at,
        arg_max_null(status, position) filter (in_time and message_type = 'consent') as consent_status,
        min(sent_at) filter (message_type = 'sip_call') as sip_call_at,
        arg_min_null(sender_role, position) filter (not in_time and message_type not in (
            'cancellation', 'receipt', 'discharge_information', 'sip_call')) as late_sender_role
    from message group by episode_id
)
select
    said.*, p.ready_notice_at, p.ready_notice_id, coalesce(p.needs, admission_needs) as needs,
    ready_notice_id in (select refers_to_message_id from message where in_time and message_type = 'receipt') as has_receipt
from said left join period as p on said.episode_id = p.episode_id and p.withdrawn_at is null;
create temp table unavailable as
select distinct episode_id from (
    select episode_id, status, row_number() over (partition by episode_id, is_after order by sent_at desc, message_id desc) = 1 as is_last, is_after
    from (
        select episode_id, status, sent_at, message_id, sent_at > ready_notice_at or (sent_at = ready_notice_at and message_id > ready_notice_id) as is_after
        from message inner join fact using (episode_id)
        where in_time and message_type = 'outpatient_services' and ready_notice_at is not null
    )
) where status in ('unavailable', 'unclear') and (is_after or is_last);

-- who is liable
create temp table guarded as select person_key, arg_max(protected_identity, valid_from) as is_protected from person group by person_key;
create temp table liability as
with process as (
    select e.*, f.* exclude (episode_id), coalesce(ready_notice_at, admitted_at)::date as liability_date
    from episode as e inner join fact as f using (episode_id)
),
resident as (
    select
        process.*, p.municipality_code as residence, p.district_code as district_name,
        coalesce(p.protected_identity, false) or coalesce(guarded.is_protected, false) as is_protected
    from process asof left join person as p on process.person_key = p.person_key and process.liability_date >= p.valid_from
    left join guarded on process.person_key = guarded.person_key
),
placed as (
    select episode_id, m.municipality_code
    from process inner join placement as p on process.person_key = p.person_key and in_force(liability_date, p.valid_from, valid_to)
    left join municipality as m on placing_municipality_code = m.municipality_code
    where housing = 'special_service' and placing_municipality_code != staying_municipality_code
    qualify row_number() over (partition by episode_id order by p.valid_from desc, placement_id desc) = 1
)
select
    r.* exclude (is_protected, residence, district_name),
    case
        when is_protected then null when placed.episode_id is not null then 'placement' when residence is not null then 'residence'
    end as liability_basis,
    case when not is_protected then if(placed.episode_id is not null, placed.municipality_code, residence) end as liable_municipality_code,
    case when liable_municipality_code = residence then d.name_in_force end as district_code
from resident as r left join placed using (episode_id)
left join district as d on residence = '0180' and r.district_name = d.district_name and in_force(end_date, d.valid_from, d.valid_to);

-- the ruleset, and the days that follow from it
create temp table asked as
with distinct_asked as (select distinct care_type, end_date, liable_municipality_code from liability)
select a.*, r.* exclude (care_type)
from distinct_asked as a
left join seed('agreement_party') as p on p.municipality_code = liable_municipality_code
    and p.region_code = getvariable('region') and in_force(end_date, p.valid_from::date, p.valid_to::date)
inner join ruleset as r on r.agreement_id = coalesce(p.agreement_id, 'statute') and r.care_type in (a.care_type, 'any')
    and in_force(end_date, r.valid_from, r.valid_to)
qualify row_number() over (partition by a.care_type, end_date, liable_municipality_code
    order by r.care_type = 'any', r.valid_from desc, ruleset_id) = 1;
create temp table counted as
with zero as (
    select
        l.*, a.* exclude (care_type, end_date, liable_municipality_code, valid_from, valid_to, agreement_id, source, status),
        day_zero(ready_notice_at, cutoff_time, cutoff_comparator) as day_zero
    from liability as l left join asked as a on l.care_type = a.care_type and l.end_date = a.end_date
        and l.liable_municipality_code is not distinct from a.liable_municipality_code
),
withdrawn as (
    select episode_id, sum(days_from(day_zero(p.ready_notice_at, cutoff_time, cutoff_comparator), withdrawn_at::date)) as days
    from zero inner join period as p using (episode_id) where withdrawn_at is not null group by episode_id
)
select
    zero.*, if(free_day_unit = 'weekday', e.day, zero.day_zero + free_days) as liability_entry_date,
    case when is_discharged then days_from(zero.day_zero, end_date) end as ready_days,
    case when is_discharged then days_from(liability_entry_date, end_date) end as liable_days,
    case when not is_discharged then days_from(zero.day_zero, end_date) end as ready_days_to_date,
    if(w.episode_id is null, 0, cast(w.days as integer)) as withdrawn_ready_days
from zero left join withdrawn as w using (episode_id)
left join weekday as z on z.holiday_calendar = if(free_day_unit = 'weekday', zero.holiday_calendar, null) and z.day = zero.day_zero
left join weekday as e on e.holiday_calendar = z.holiday_calendar and e.is_weekday and e.number = z.number + free_days;

-- findings, and what is billable
create temp table effective_dispute as
select c.episode_id, bool_or(status = 'upheld') as is_upheld, bool_or(status = 'open') as is_open
from dispute as d inner join link on d.episode_id = stay_id inner join counted as c on link.episode_id = c.episode_id
where d.municipality_code = liable_municipality_code group by c.episode_id;
create schema marts;
create table marts.fct_episode_finding as
with statute as (from ruleset where agreement_id = 'statute' order by valid_from, ruleset_id limit 1),
judged as (
    select c.episode_id, late_sender_role, unnest([
        if(admission_notice_at is null, 'ADMISSION_NOTICE_MISSING', null),
        if(admission_notice_at > greatest(need_assessed_at, admitted_at)
            + to_hours(coalesce(c.admission_notice_hours, s.admission_notice_hours)), 'ADMISSION_NOTICE_LATE', null),
        if(ready_notice_at is null, 'READY_NOTICE_MISSING', null),
        if(needs = 'both' and permanent_contact_at is null, 'PERMANENT_CONTACT_MISSING', null),
        if(needs = 'both' and not to_open_compulsory_care and sip_call_at is null and (ready_notice_at is null
            or getvariable('as_of') > ready_notice_at::date + coalesce(c.sip_call_days, s.sip_call_days)), 'SIP_CALL_MISSING', null),
        if(needs = 'both' and not to_open_compulsory_care
            and sip_call_at::date > ready_notice_at::date + coalesce(c.sip_call_days, s.sip_call_days), 'SIP_CALL_LATE', null),
        if(to_open_compulsory_care and care_plan_at is null, 'CARE_PLAN_MISSING', null),
        if(u.episode_id is not null, 'REGION_SERVICES_UNAVAILABLE', null),
        if(consent_status = 'declined', 'PATIENT_DECLINED', null),
        if(needs = 'region', 'NO_MUNICIPAL_NEED', null),
        if(needs is null, 'NEEDS_UNKNOWN', null),
        if(discharge_type = 'deceased', 'DECEASED', null),
        if(liable_municipality_code is null, 'MUNICIPALITY_UNKNOWN', null),
        if(c.ruleset_id is null, 'RULESET_MISSING', null),
        if(is_upheld, 'DISPUTE_UPHELD', null),
        if(late_sender_role is not null, 'MESSAGE_AFTER_DISCHARGE', null),
        if(discharge_type = 'transferred', 'TRANSFER_WITHOUT_SUCCESSOR', null),
        if(ready_notice_at is not null and not coalesce(has_receipt, false), 'RECEIPT_MISSING', null)
    ]) as finding_code
    from counted as c cross join statute as s
    left join unavailable as u using (episode_id) left join effective_dispute as d using (episode_id)
)
select episode_id, finding_code, is_blocking, responsible, if(responsible = 'sender', late_sender_role, null) as sender_role,
    legal_reference, text_sv
from judged inner join finding using (finding_code);
create table marts.fct_discharge_episode as
select
    c.episode_id, person_key, hospital_unit, care_type, admitted_at, discharged_at, discharge_date, is_discharged, billing_month,
    needs, ready_notice_at, day_zero, liability_entry_date, ready_days, liable_days, withdrawn_ready_days, ready_days_to_date,
    liable_municipality_code, liability_basis, district_code, ruleset_id,
    is_discharged and ready_notice_at is not null and ruleset_id is not null
    and c.episode_id not in (select episode_id from marts.fct_episode_finding where is_blocking) as is_billable,
    coalesce(is_open, false) as has_open_dispute, admission_type, discharge_type, admission_notice_at, permanent_contact_at,
    sip_call_at, care_plan_at, consent_status, stays_in_episode
from counted as c left join effective_dispute using (episode_id);
