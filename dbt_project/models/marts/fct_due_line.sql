-- units of a month that stood as a debit of another base when the month's own base was issued, or stand now
with charged_already as (
    select distinct
        debit.billing_month,
        debit.municipality_code,
        debit.ruleset_id,
        debit.episode_id
    from {{ ref("stg_issued_line") }} as debit
    left join {{ ref("stg_invoice") }} as base
        on debit.billing_month = base.billing_month and debit.municipality_code = base.municipality_code
    left join {{ ref("stg_issued_line") }} as credit
        on
            debit.invoice_line_id = credit.corrects_line_id
            and credit.line_type = 'credit'
            and credit.sequence < coalesce(base.invoice_sequence, credit.sequence + 1)
    where
        debit.line_type = 'debit'
        and debit.sequence < coalesce(base.invoice_sequence, debit.sequence + 1)
        and credit.sequence is null
),

own as (
    select
        line.billing_month as issue_month,
        line.municipality_code,
        line.billing_month as original_month,
        'charge' as line_type,
        cast(null as {{ dbt.type_string() }}) as corrects_line_id,
        line.ruleset_id,
        line.episode_id,
        line.quantity_days,
        line.unit_price_sek,
        line.amount_sek,
        line.first_day_without_rate,
        ruleset.rate_source,
        line.is_reviewed,
        case
            when charged.billing_month is not null then 'later_issue'
            when held.first_dispute_id is not null then 'dispute'
        end as held_by,
        held.first_dispute_id,
        held.open_disputes
    from {{ ref("int_month_line") }} as line
    inner join {{ ref("int_invoicing") }} as invoicing
        on line.billing_month = invoicing.billing_month and line.ruleset_id = invoicing.ruleset_id
    inner join {{ ref("stg_ruleset") }} as ruleset
        on line.ruleset_id = ruleset.ruleset_id
    left join {{ ref("fct_held_line") }} as held
        on
            {{ same_unit("line", "held") }}
            and line.unit_price_sek is not distinct from held.unit_price_sek
    left join charged_already as charged
        on {{ same_unit("line", "charged") }}
    where invoicing.invoicing = 'active'
),

corrections as (
    select * from {{ ref("int_reviewed_correction") }}
)

select * from own

union all

select
    issue_month,
    municipality_code,
    original_month,
    line_type,
    corrects_line_id,
    ruleset_id,
    episode_id,
    quantity_days,
    unit_price_sek,
    amount_sek,
    cast(null as date) as first_day_without_rate,
    cast(null as {{ dbt.type_string() }}) as rate_source,
    true as is_reviewed,
    case
        when is_overtaken then 'later_issue'
        when first_dispute_id is not null then 'dispute'
    end as held_by,
    first_dispute_id,
    open_disputes
from corrections
