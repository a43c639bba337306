-- Second half of bare.sql, run after it in the same connection: months, readmissions, statistics.
create temp table billed as
select
    e.episode_id, billing_month, discharge_date, liable_municipality_code as municipality_code, liability_entry_date, is_billable,
    ready_days, liable_days, r.*, coalesce(ready_days > individual_after_days, false) as is_cut_out
from marts.fct_discharge_episode as e inner join ruleset as r using (ruleset_id)
where is_discharged and liable_municipality_code is not null;
create temp table month as
with sums as (
    select
        billing_month, municipality_code, ruleset_id, any_value(r.care_type) as care_type, any_value(r.status) as status,
        any_value(billing_model) as billing_model, any_value(rate_source) as rate_source, any_value(mean_level) as mean_level,
        any_value(mean_decimals) as mean_decimals, count(*)::integer as episodes_discharged,
        count_if(is_billable)::integer as episodes_billable,
        coalesce(sum(ready_days) filter (is_billable), 0)::integer as ready_days,
        coalesce(sum(liable_days) filter (is_billable), 0)::integer as liable_days,
        count_if(is_billable and not is_cut_out)::integer as episodes_in_mean,
        coalesce(sum(ready_days) filter (is_billable and not is_cut_out), 0)::integer as ready_days_in_mean
    from billed as r group by all
)
select
    *, half_up(ready_days_in_mean, episodes_in_mean, 4) as mean_ready_days,
    cast(coalesce(half_up(ready_days_in_mean, episodes_in_mean, mean_decimals) * episodes_in_mean::decimal(9, 0), ready_days_in_mean)
        - mean_level * episodes_in_mean::decimal(9, 0) as decimal(18, 4)) as days_above,
    days_above > 0 as exceeds_level
from sums;
create table marts.fct_municipality_month as
with lines as (
    select m.billing_month, m.municipality_code, m.ruleset_id, rate_sek, count(*)::decimal(18, 4) as days
    from billed as b inner join month as m using (billing_month, municipality_code, ruleset_id)
    inner join calendar on day >= liability_entry_date and day < discharge_date
    left join rate_day as r on r.rate_source = b.rate_source and r.day = calendar.day
    where is_billable and (m.billing_model = 'individual' or (m.billing_model = 'mean_gate' and exceeds_level)
        or (m.billing_model = 'mean_excess_cutout' and is_cut_out))
    group by all
    union all
    select billing_month, municipality_code, ruleset_id, rate_sek, days_above
    from month as m left join rate_day as r on r.rate_source = m.rate_source and day = billing_month
    where exceeds_level and billing_model in ('mean_excess', 'mean_excess_cutout')
),
charged as (
    select
        billing_month, municipality_code, ruleset_id, sum(days) as days, sum(round(days * rate_sek, 2)) as amount,
        count(distinct rate_sek) as prices, max(rate_sek) as price, bool_or(rate_sek is null) as is_unknown
    from lines group by all
),
gate_day as (
    select billing_month, municipality_code, ruleset_id, rate_sek, count(calendar.day)::decimal(18, 4) as days
    from billed as b inner join month as m using (billing_month, municipality_code, ruleset_id)
    left join calendar on exceeds_level and is_billable and day >= liability_entry_date and day < discharge_date
    left join rate_day as r on r.rate_source = b.rate_source and r.day = calendar.day
    where m.billing_model = 'mean_excess' group by all
),
gate as (
    select
        billing_month, municipality_code, ruleset_id,
        case when not bool_or(days > 0 and rate_sek is null)
            then coalesce(sum(round(days * rate_sek, 2)), 0) end::decimal(18, 2) as amount_by_gate_sek
    from gate_day group by all
),
invoicing as (
    select billing_month, ruleset_id, arg_max(i.invoicing, i.valid_from) as invoicing
    from (select distinct billing_month, ruleset_id from month) inner join seed('ruleset_invoicing') as i using (ruleset_id)
    where in_force(billing_month, i.valid_from::date, i.valid_to::date) group by all
)
select
    m.* exclude (billing_model, rate_source, mean_decimals, days_above), coalesce(c.days, 0)::decimal(18, 4) as charged_days,
    case when c.days is null then r.rate_sek when prices = 1 and not is_unknown then price end as daily_rate_sek,
    case when c.days is null then 0 when not is_unknown then amount end::decimal(18, 2) as amount_sek,
    coalesce(i.invoicing, 'suspended') as invoicing, g.amount_by_gate_sek
from month as m left join charged as c using (billing_month, municipality_code, ruleset_id)
left join invoicing as i using (billing_month, ruleset_id)
left join gate as g using (billing_month, municipality_code, ruleset_id)
left join rate_day as r on r.rate_source = m.rate_source and r.day = m.billing_month;

-- readmissions; where everyone lived on the day of discharge, and how old they were
create temp table discharged as
select
    e.*, p.municipality_code, p.district_code as district_name,
    coalesce(p.protected_identity, false) or coalesce(g.is_protected, false) as is_protected,
    cast(year(discharge_date) - year(birth_date)
        - ((month(discharge_date), day(discharge_date)) < (month(birth_date), day(birth_date)))::integer as integer) as age
from (from episode where is_discharged) as e
asof left join person as p on e.person_key = p.person_key and e.discharge_date >= p.valid_from
left join guarded as g on e.person_key = g.person_key
left join vault.birth as b on p.file_version_id = b.file_version_id and p.row_number = b.row_number;
create table marts.fct_readmission as
with index_episode as (
    select * replace (if(is_protected, null, municipality_code) as municipality_code)
    from discharged where age >= 65 and discharge_type != 'deceased'
),
later as (
    select i.episode_id, arg_min({id: l.episode_id, day: l.admitted_at::date, kind: l.admission_type}, (l.admitted_at, l.episode_id)) as next
    from index_episode as i inner join episode as l on i.person_key = l.person_key and i.discharged_at <= l.admitted_at
        and (i.admitted_at < l.admitted_at or i.episode_id < l.episode_id)
    group by i.episode_id
)
select
    i.episode_id as index_episode_id, person_key, care_type, discharge_date, age, municipality_code, d.name_in_force as district_code,
    next.id as next_episode_id, cast(next.day - discharge_date as integer) as days_to_next,
    coalesce(next.kind = 'unplanned' and next.day - discharge_date <= 7, false) as is_readmitted_within_7_days,
    discharge_date + 7 < getvariable('as_of') as is_follow_up_complete
from index_episode as i left join later using (episode_id)
left join district as d on municipality_code = '0180' and i.district_name = d.district_name
    and in_force(discharge_date, d.valid_from, d.valid_to);

-- statistics: every episode in each of its geographies, under its own care type and under `all`
create macro geographies(code, county, district, age) as [
    {level: 'county', code: getvariable('region')},
    {level: 'age_group', code: case when age is null then 'unknown' when age < 18 then '0-17' when age < 65 then '18-64' else '65+' end},
    {level: 'municipality', code: case when code is null then 'unknown' when county = getvariable('region') then code else 'other' end},
    {level: if(code = '0180' and getvariable('region') = '01', 'district', null), code: coalesce(district, 'unknown')}];
create temp table member as
select billing_month as month, unnest([care_type, 'all']) as care_type, g.level, g.code, e.* exclude (care_type, g)
from (
    select e.*, unnest(geographies(liable_municipality_code, county_code, district_code, age)) as g
    from marts.fct_discharge_episode as e inner join discharged using (episode_id)
    left join municipality on liable_municipality_code = municipality.municipality_code
) as e where g.level is not null;
create temp table cell as
with geography as (
    select 'county' as level, getvariable('region') as code, 'Hela länet' as name, null::date as valid_from, null::date as valid_to
    union all select 'municipality', municipality_code, municipality_name, null, null from municipality where county_code = getvariable('region')
    union all from (values ('municipality', 'other', 'Kommuner utanför länet', null, null), ('municipality', 'unknown', 'Okänd kommun', null, null))
    union all select 'district', district_name, district_name, valid_from, valid_to from district
        where district_name = name_in_force and getvariable('region') = '01'
    union all select 'district', 'unknown', 'Okänt stadsdelsområde', null, null where getvariable('region') = '01'
    union all from (values ('age_group', '0-17', '0–17 år', null, null), ('age_group', '18-64', '18–64 år', null, null),
        ('age_group', '65+', '65 år och äldre', null, null), ('age_group', 'unknown', 'Okänd ålder', null, null))
)
select day as month, level, code, name, care_type
from calendar inner join geography as g on coalesce(valid_from <= day, true) and coalesce(valid_to >= day, true)
cross join (values ('somatic'), ('psychiatric'), ('all')) as c(care_type)
where day(day) = 1 and day between (select date_trunc('month', min(discharge_date)) from episode) and getvariable('as_of');
create table marts.fct_statistic as
with sums as (
    select
        month, level, code, care_type, count(*) as discharged, count_if(is_billable) as billable,
        count_if(is_billable and ready_days = 0) as on_day_zero, count_if(is_billable and ready_days > 0) as after_day_zero,
        sum(ready_days) filter (is_billable) as days, sum(ready_days) as days_all, sum(liable_days) filter (is_billable) as liable,
        sum(withdrawn_ready_days) as withdrawn, list(ready_days order by ready_days) filter (is_billable) as ranked
    from member group by all
),
followed as (
    select
        date_trunc('month', discharge_date)::date as month, unnest([care_type, 'all']) as care_type, g.level, g.code,
        is_readmitted_within_7_days
    from (
        select r.*, unnest(geographies(municipality_code, county_code, district_code, age)) as g
        from marts.fct_readmission as r left join municipality using (municipality_code) where is_follow_up_complete
    ) where g.level is not null
),
readmitted as (
    select month, level, code, care_type, count(*) as indexed, count_if(is_readmitted_within_7_days) as readmitted from followed group by all
),
above as (
    select billing_month as month, 'county' as level, c as care_type, count(distinct municipality_code) filter (exceeds_level) as above
    from (select *, unnest(if(care_type = 'any', ['all'], [care_type, 'all'])) as c from month where mean_level is not null)
    group by all
),
wide as (
    select
        cell.*, coalesce(discharged, 0) as discharged, coalesce(billable, 0) as billable, coalesce(on_day_zero, 0) as on_day_zero,
        coalesce(after_day_zero, 0) as after_day_zero, coalesce(days, 0)::bigint as days, coalesce(days_all, 0)::bigint as days_all,
        coalesce(liable, 0)::bigint as liable, coalesce(withdrawn, 0)::bigint as withdrawn,
        ranked[(len(ranked) + 1) // 2] as median, ranked[(len(ranked) * 90 + 99) // 100] as p90,
        if(care_type = 'all', coalesce(above, 0), above) as above, coalesce(indexed, 0) as indexed, coalesce(readmitted, 0) as readmitted
    from cell left join sums using (month, level, code, care_type) left join readmitted using (month, level, code, care_type)
    left join above using (month, level, care_type)
),
flags as (
    select episode_id, 'episodes_with_' || lower(finding_code) as measure from marts.fct_episode_finding
    union all
    select distinct episode_id, 'episodes_blocked_by_' || responsible from marts.fct_episode_finding where is_blocking
),
flagged as (
    select month, level, code, care_type, measure, count(*) as episodes from member inner join flags using (episode_id) group by all
),
figures as (
    select month, level, code, name, care_type, unnest([
        {measure: 'episodes_discharged', n: discharged, d: null::bigint, is_ratio: false},
        {measure: 'episodes_billable', n: billable, d: null, is_ratio: false},
        {measure: 'ready_days', n: days, d: null, is_ratio: false},
        {measure: 'ready_days_all', n: days_all, d: null, is_ratio: false},
        {measure: 'median_ready_days', n: median, d: null, is_ratio: false},
        {measure: 'p90_ready_days', n: p90, d: null, is_ratio: false},
        {measure: 'liable_days', n: liable, d: null, is_ratio: false},
        {measure: 'withdrawn_ready_days', n: withdrawn, d: null, is_ratio: false},
        {measure: if(level = 'county', 'municipalities_above_level', null), n: above, d: null, is_ratio: false},
        {measure: 'readmissions_index_65', n: indexed, d: null, is_ratio: false},
        {measure: 'readmissions_7_days_65', n: readmitted, d: null, is_ratio: false},
        {measure: 'share_billable', n: billable, d: discharged, is_ratio: true},
        {measure: 'mean_ready_days', n: days, d: billable, is_ratio: true},
        {measure: 'mean_ready_days_excluding_zero', n: days, d: after_day_zero, is_ratio: true},
        {measure: 'share_discharged_on_day_zero', n: on_day_zero, d: billable, is_ratio: true},
        {measure: 'share_readmitted_7_days_65', n: readmitted, d: indexed, is_ratio: true}], recursive := true)
    from wide
    union all
    select cell.*, measure, coalesce(episodes, 0), null, false
    from cell cross join (
        select 'episodes_with_' || lower(finding_code) as measure from finding
        union all select distinct 'episodes_blocked_by_' || responsible from finding where is_blocking
    ) left join flagged using (month, level, code, care_type, measure)
)
select
    month, level as geography_level, code as geography_code, name as geography_name, care_type, measure,
    if(is_ratio, half_up(n, d, 4), n::decimal(18, 4)) as value,
    case
        when measure like '%readmi%' and month + interval 1 month + interval 6 day >= getvariable('as_of') then 'preliminary'
        when month + interval 1 month > getvariable('as_of') then 'preliminary'
        when value is null then 'not_applicable' when value = 0 then 'zero' else 'ok'
    end as value_status,
    n as numerator, d as denominator, getvariable('as_of') as as_of
from figures where measure is not null;
