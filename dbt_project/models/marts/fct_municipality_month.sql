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
    from {{ ref("int_charge_line") }}
    group by billing_month, municipality_code, ruleset_id
),

invoicing as (
    select
        month.billing_month,
        month.municipality_code,
        month.ruleset_id,
        period.invoicing,
        row_number() over (
            partition by month.billing_month, month.municipality_code, month.ruleset_id
            order by case when period.is_own then 0 else 1 end, period.valid_from desc
        ) as nth
    from {{ ref("int_municipality_mean") }} as month
    inner join {{ ref("stg_ruleset_invoicing") }} as period
        on
            month.ruleset_id = period.ruleset_id
            and {{ in_force("month.billing_month", "period.valid_from", "period.valid_to") }}
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
from {{ ref("int_municipality_mean") }} as month
inner join {{ ref("stg_ruleset") }} as ruleset
    on month.ruleset_id = ruleset.ruleset_id
left join charged
    on
        month.billing_month = charged.billing_month
        and month.municipality_code = charged.municipality_code
        and month.ruleset_id = charged.ruleset_id
left join invoicing
    on
        month.billing_month = invoicing.billing_month
        and month.municipality_code = invoicing.municipality_code
        and month.ruleset_id = invoicing.ruleset_id
        and invoicing.nth = 1
left join {{ ref("int_rate_day") }} as first_of_month
    on
        month.rate_source = first_of_month.rate_source
        and month.billing_month = first_of_month.calendar_date
