-- Whether a ruleset's discharge month is invoiced; the region's own row decides, a month without a row is
-- suspended (rules.md section 8).
with months as (
    select
        billing_month,
        ruleset_id
    from {{ ref("int_municipality_mean") }}
    union distinct
    select
        billing_month,
        ruleset_id
    from {{ ref("int_reviewed_episode") }}
),

ranked as (
    select
        month.billing_month,
        month.ruleset_id,
        period.invoicing,
        row_number() over (
            partition by month.billing_month, month.ruleset_id
            order by case when period.is_own then 0 else 1 end, period.valid_from desc
        ) as nth
    from months as month
    left join {{ ref("stg_ruleset_invoicing") }} as period
        on
            month.ruleset_id = period.ruleset_id
            and {{ in_force("month.billing_month", "period.valid_from", "period.valid_to") }}
)

select
    billing_month,
    ruleset_id,
    coalesce(invoicing, 'suspended') as invoicing
from ranked
where nth = 1
