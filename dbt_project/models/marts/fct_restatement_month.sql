with reviewed_months as (
    select distinct billing_month
    from {{ ref("stg_review") }}
),

figures as (
    select
        billing_month,
        municipality_code,
        ruleset_id,
        'reviewed' as figure,
        amount_sek
    from {{ ref("fct_reviewed_month") }}
    union all
    select
        month.billing_month,
        month.municipality_code,
        month.ruleset_id,
        'now' as figure,
        month.amount_sek
    from {{ ref("fct_municipality_month") }} as month
    inner join reviewed_months
        on month.billing_month = reviewed_months.billing_month
    union all
    select
        original_month as billing_month,
        municipality_code,
        ruleset_id,
        'issued' as figure,
        amount_sek
    from {{ ref("fct_invoice_line") }}
    union all
    select
        original_month as billing_month,
        municipality_code,
        ruleset_id,
        'due' as figure,
        amount_sek
    from {{ ref("fct_correction_line") }}
    union all
    select
        billing_month,
        municipality_code,
        coalesce(ruleset_id_reviewed, ruleset_id_now) as ruleset_id,
        'change' as figure,
        null as amount_sek
    from {{ ref("fct_restatement") }}
    where municipality_code is not null
)

select
    billing_month,
    municipality_code,
    ruleset_id,
    count(case when figure = 'change' then 1 end) as episodes_changed,
    -- an amount that is not known stays so; a month without a line has nothing issued
    cast(sum(case when figure = 'reviewed' then amount_sek end) as decimal(18, 2)) as amount_reviewed_sek,
    cast(sum(case when figure = 'now' then amount_sek end) as decimal(18, 2)) as amount_now_sek,
    cast(coalesce(sum(case when figure = 'issued' then amount_sek end), 0) as decimal(18, 2)) as amount_issued_sek,
    cast(coalesce(sum(case when figure = 'due' then amount_sek end), 0) as decimal(18, 2)) as correction_due_sek
from figures
group by billing_month, municipality_code, ruleset_id
