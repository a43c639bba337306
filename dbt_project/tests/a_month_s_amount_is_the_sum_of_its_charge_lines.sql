{{ config(meta={"dagster": {"ref": {"name": "fct_municipality_month"}}}) }}

with lines as (
    select
        billing_month,
        municipality_code,
        ruleset_id,
        sum(quantity_days) as charged_days,
        case when count(*) = count(amount_sek) then sum(amount_sek) end as amount_sek
    from {{ ref("fct_charge_line") }}
    group by billing_month, municipality_code, ruleset_id
)

select coalesce(lines.billing_month, months.billing_month) as billing_month
from lines
full outer join {{ ref("fct_municipality_month") }} as months
    on
        lines.billing_month = months.billing_month
        and lines.municipality_code = months.municipality_code
        and lines.ruleset_id = months.ruleset_id
where
    months.billing_month is null
    or coalesce(lines.charged_days, 0) != months.charged_days
    or (lines.billing_month is null and coalesce(months.amount_sek, -1) != 0)
    or (lines.billing_month is not null and coalesce(lines.amount_sek, -1) != coalesce(months.amount_sek, -1))
