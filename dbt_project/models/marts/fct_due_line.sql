with own as (
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
        case when held.first_dispute_id is not null then 'dispute' end as held_by,
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
