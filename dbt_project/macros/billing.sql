{#- The billing rules (rules.md section 8), over any set of episodes: those known now (int_billed_episode)
    and those that a review base froze (int_reviewed_episode). -#}

{#- The mean of ready days per billing month, liable municipality and ruleset, zero-days included, and
    what lies above its level. Comparisons use the exact mean, by multiplying. -#}
{% macro municipality_means(episodes) -%}
with episodes as (
    select
        *,
        is_billable and not is_cut_out as is_in_mean
    from {{ episodes }}
),

months as (
    select
        billing_month,
        municipality_code,
        ruleset_id,
        billing_model,
        rate_source,
        mean_level,
        mean_decimals,
        cast(count(*) as integer) as episodes_discharged,
        cast(count(case when is_billable then 1 end) as integer) as episodes_billable,
        cast(coalesce(sum(case when is_billable then ready_days end), 0) as integer) as ready_days,
        cast(coalesce(sum(case when is_billable then liable_days end), 0) as integer) as liable_days,
        cast(count(case when is_in_mean then 1 end) as integer) as episodes_in_mean,
        cast(coalesce(sum(case when is_in_mean then ready_days end), 0) as integer) as ready_days_in_mean
    from episodes
    group by
        billing_month,
        municipality_code,
        ruleset_id,
        billing_model,
        rate_source,
        mean_level,
        mean_decimals
),

means as (
    select
        *,
        {{ ratio_half_up("ready_days_in_mean", "episodes_in_mean", 4) }} as mean_ready_days,
        cast(
            coalesce(
                {{ ratio_half_up_by("ready_days_in_mean", "episodes_in_mean", "mean_decimals") }}
                * cast(episodes_in_mean as decimal(9, 0)),
                cast(ready_days_in_mean as decimal(18, 4))
            ) as decimal(18, 4)
        ) as days_counted,
        cast(mean_level * cast(episodes_in_mean as decimal(9, 0)) as decimal(18, 4)) as days_at_level
    from months
)

select
    *,
    case when mean_level is not null then days_counted > days_at_level end as exceeds_level,
    cast(days_counted - days_at_level as decimal(18, 4)) as days_above_level
from means
{%- endmacro %}

{#- What a month charges, line by line: one per episode and unit price where days are billed as they
    are, one per month, municipality and ruleset for the days above a mean's level. -#}
{% macro charge_lines(episodes, months) -%}
with months as (
    select * from {{ months }}
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
    from {{ episodes }} as episode
    inner join months
        on
            episode.billing_month = months.billing_month
            and episode.municipality_code = months.municipality_code
            and episode.ruleset_id = months.ruleset_id
    where
        episode.is_billable
        and episode.liability_entry_date < episode.discharge_date
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
        cast(null as {{ dbt.type_string() }}) as episode_id,
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
{%- endmacro %}

{#- What a month costs a municipality under a ruleset, and whether it is invoiced. -#}
{% macro municipality_months(months, lines) -%}
with charged as (
    select
        billing_month,
        municipality_code,
        ruleset_id,
        cast(sum(quantity_days) as decimal(18, 4)) as charged_days,
        cast(sum(amount_sek) as decimal(18, 2)) as amount_sek,
        count(distinct unit_price_sek) as prices,
        max(unit_price_sek) as unit_price_sek,
        count(*) - count(unit_price_sek) as lines_without_rate
    from {{ lines }}
    group by billing_month, municipality_code, ruleset_id
)

select
    month.billing_month,
    month.municipality_code,
    month.ruleset_id,
    ruleset.care_type,
    month.episodes_discharged,
    month.episodes_billable,
    month.ready_days,
    month.liable_days,
    month.episodes_in_mean,
    month.ready_days_in_mean,
    month.mean_ready_days,
    month.mean_level,
    month.exceeds_level,
    coalesce(charged.charged_days, cast(0 as decimal(18, 4))) as charged_days,
    case
        -- nothing charged: the rate that a day would have cost at the month's start
        when charged.ruleset_id is null then first_of_month.rate_sek
        when charged.prices = 1 and charged.lines_without_rate = 0 then charged.unit_price_sek
    end as daily_rate_sek,
    case
        when charged.ruleset_id is null then cast(0 as decimal(18, 2))
        when charged.lines_without_rate = 0 then charged.amount_sek
    end as amount_sek,
    coalesce(invoicing.invoicing, 'suspended') as invoicing,
    ruleset.status
from {{ months }} as month
inner join {{ ref("stg_ruleset") }} as ruleset
    on month.ruleset_id = ruleset.ruleset_id
left join charged
    on
        month.billing_month = charged.billing_month
        and month.municipality_code = charged.municipality_code
        and month.ruleset_id = charged.ruleset_id
left join {{ ref("int_invoicing") }} as invoicing
    on month.billing_month = invoicing.billing_month and month.ruleset_id = invoicing.ruleset_id
left join {{ ref("int_rate_day") }} as first_of_month
    on
        month.rate_source = first_of_month.rate_source
        and month.billing_month = first_of_month.calendar_date
{%- endmacro %}

{#- Last day on which an objection to a month counts: its review base's, and as long as none is issued, the
    review day of the month after and the days for objections after it. -#}
{% macro objections_until(review, billing_month, run) -%}
    {%- set next_month = "cast(" ~ dbt.dateadd("month", 1, billing_month) ~ " as date)" -%}
    coalesce(
        {{ review }}.objections_until,
        {{ add_days(next_month, run ~ ".review_day - 1 + " ~ run ~ ".objection_days") }}
    )
{%- endmacro %}

{#- Do two lines stand for the same: month, municipality, ruleset, and episode or mean? -#}
{% macro same_unit(line, other) -%}
    {{ line }}.billing_month = {{ other }}.billing_month
    and {{ line }}.municipality_code = {{ other }}.municipality_code
    and {{ line }}.ruleset_id = {{ other }}.ruleset_id
    and coalesce({{ line }}.episode_id, '') = coalesce({{ other }}.episode_id, '')
{%- endmacro %}

{#- Does a line rest on a disputed episode (rules.md section 10)? All that rest on a mean with the episode in
    it, only the episode's own lines where days are billed as they are, and all lines under a gate, which
    charges everybody's days or nobody's. -#}
{% macro rests_on(line, disputed) -%}
    {{ line }}.billing_month = {{ disputed }}.billing_month
    and {{ line }}.municipality_code = {{ disputed }}.municipality_code
    and {{ line }}.ruleset_id = {{ disputed }}.ruleset_id
    and (
        {{ line }}.episode_id = {{ disputed }}.episode_id
        or ({{ line }}.episode_id is null and not {{ disputed }}.is_cut_out)
        or {{ disputed }}.billing_model = 'mean_gate'
    )
{%- endmacro %}
