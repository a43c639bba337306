with plan as (
    select * from {{ ref("int_month_plan") }}
),

invoiceable as (
    select
        billing_month,
        municipality_code
    from {{ ref("fct_reviewed_month") }}
    where invoicing = 'active'
    union distinct
    -- corrections of earlier months come also where the month itself has nothing, or is suspended
    select
        issue_month as billing_month,
        municipality_code
    from {{ ref("int_reviewed_correction") }}
    where not is_overtaken
),

awaited as (
    select
        invoiceable.billing_month,
        count(*) as municipalities_invoiceable,
        sum(case when invoice.invoice_sequence is null then 1 else 0 end) as municipalities_awaited
    from invoiceable
    left join {{ ref("stg_invoice") }} as invoice
        on
            invoiceable.billing_month = invoice.billing_month
            and invoiceable.municipality_code = invoice.municipality_code
    group by invoiceable.billing_month
),

issued as (
    select
        invoice.billing_month,
        count(distinct invoice.municipality_code) as invoice_bases,
        cast(coalesce(sum(line.amount_sek), 0) as decimal(18, 2)) as issued_sek
    from {{ ref("stg_invoice") }} as invoice
    left join {{ ref("stg_issued_line") }} as line
        on invoice.invoice_sequence = line.sequence
    group by invoice.billing_month
),

disputes as (
    select
        billing_month,
        count(*) as open_disputes
    from {{ ref("fct_dispute") }}
    where status = 'open' and effect != 'none'
    group by billing_month
),

held as (
    select
        billing_month,
        count(*) as held_lines
    from {{ ref("fct_held_line") }}
    group by billing_month
)

select
    plan.billing_month,
    case
        when not plan.is_over then 'running'
        when plan.review_bases = 0 then 'to_review'
        when coalesce(awaited.municipalities_invoiceable, 0) = 0 then 'not_invoiced'
        when coalesce(awaited.municipalities_awaited, 0) = 0 then 'invoiced'
        when plan.as_of < plan.objections_until then 'open_to_objections'
        else 'to_invoice'
    end as status,
    plan.review_due_on,
    plan.reviewed_as_of,
    cast(plan.review_bases as integer) as review_bases,
    plan.objections_until,
    {{ days_from("plan.as_of", "plan.objections_until") }} as days_left,
    plan.invoice_due_on,
    cast(coalesce(issued.invoice_bases, 0) as integer) as invoice_bases,
    cast(coalesce(awaited.municipalities_awaited, 0) as integer) as municipalities_awaited,
    coalesce(issued.issued_sek, cast(0 as decimal(18, 2))) as issued_sek,
    cast(coalesce(disputes.open_disputes, 0) as integer) as open_disputes,
    cast(coalesce(held.held_lines, 0) as integer) as held_lines
from plan
left join awaited
    on plan.billing_month = awaited.billing_month
left join issued
    on plan.billing_month = issued.billing_month
left join disputes
    on plan.billing_month = disputes.billing_month
left join held
    on plan.billing_month = held.billing_month
