-- What a month would charge, line by line: one per episode and unit price where days are billed as they
-- are, one per month, municipality and ruleset for the days above a mean's level (rules.md section 8).
with months as (
    select * from {{ ref("int_municipality_mean") }}
),

billed_by_day as (
    select
        episode.episode_id,
        episode.billing_month,
        episode.municipality_code,
        episode.ruleset_id,
        episode.rate_source,
        episode.liability_entry_date,
        episode.discharge_date
    from {{ ref("int_billed_episode") }} as episode
    inner join months
        on
            episode.billing_month = months.billing_month
            and episode.municipality_code = months.municipality_code
            and episode.ruleset_id = months.ruleset_id
    where
        episode.is_billable
        and (
            episode.billing_model = 'individual'
            or (episode.billing_model = 'mean_gate' and months.exceeds_level)
            or (episode.billing_model = 'mean_excess_cutout' and episode.is_cut_out)
        )
),

day_lines as (
    select
        billed_by_day.billing_month,
        billed_by_day.municipality_code,
        billed_by_day.ruleset_id,
        billed_by_day.episode_id,
        rate.rate_sek as unit_price_sek,
        cast(count(*) as decimal(18, 4)) as quantity_days,
        min(case when rate.rate_sek is null then calendar.calendar_date end) as first_day_without_rate
    from billed_by_day
    inner join {{ ref("int_calendar") }} as calendar
        on
            billed_by_day.liability_entry_date <= calendar.calendar_date
            and billed_by_day.discharge_date > calendar.calendar_date
    left join {{ ref("int_rate_day") }} as rate
        on
            billed_by_day.rate_source = rate.rate_source
            and calendar.calendar_date = rate.calendar_date
    group by
        billed_by_day.billing_month,
        billed_by_day.municipality_code,
        billed_by_day.ruleset_id,
        billed_by_day.episode_id,
        rate.rate_sek
),

mean_lines as (
    select
        months.billing_month,
        months.municipality_code,
        months.ruleset_id,
        cast(null as varchar) as episode_id,
        rate.rate_sek as unit_price_sek,
        months.days_above_level as quantity_days,
        case when rate.rate_sek is null then months.billing_month end as first_day_without_rate
    from months
    left join {{ ref("int_rate_day") }} as rate
        on
            months.rate_source = rate.rate_source
            and months.billing_month = rate.calendar_date
    where
        months.billing_model in ('mean_excess', 'mean_excess_cutout')
        and months.exceeds_level
),

lines as (
    select * from day_lines
    union all
    select * from mean_lines
)

select
    *,
    cast(round(cast(quantity_days as decimal(18, 4)) * unit_price_sek, 2) as decimal(18, 2)) as amount_sek
from lines
