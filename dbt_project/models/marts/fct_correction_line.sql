with issued as (
    select * from {{ ref("stg_issued_line") }}
    where is_standing
),

due as (
    select * from {{ ref("int_closed_month_line") }}
),

-- a day without a known rate stops the correction of that municipality's month
without_rate as (
    select distinct
        billing_month,
        municipality_code
    from due
    where unit_price_sek is null
),

changes as (
    select
        issued.billing_month,
        issued.municipality_code,
        'credit' as line_type,
        issued.invoice_line_id as corrects_line_id,
        issued.ruleset_id,
        issued.episode_id,
        -issued.quantity_days as quantity_days,
        issued.unit_price_sek,
        -issued.amount_sek as amount_sek
    from issued
    left join due
        on
            {{ same_unit("issued", "due") }}
            and issued.unit_price_sek = due.unit_price_sek
            and issued.quantity_days = due.quantity_days
    where due.billing_month is null

    union all

    select
        due.billing_month,
        due.municipality_code,
        'debit' as line_type,
        min(corrected.invoice_line_id) as corrects_line_id,
        due.ruleset_id,
        due.episode_id,
        due.quantity_days,
        due.unit_price_sek,
        due.amount_sek
    from due
    left join issued
        on
            {{ same_unit("due", "issued") }}
            and due.unit_price_sek = issued.unit_price_sek
            and due.quantity_days = issued.quantity_days
    left join issued as corrected
        on {{ same_unit("due", "corrected") }}
    where issued.billing_month is null
    group by
        due.billing_month,
        due.municipality_code,
        due.ruleset_id,
        due.episode_id,
        due.quantity_days,
        due.unit_price_sek,
        due.amount_sek
)

select
    changes.billing_month as original_month,
    changes.municipality_code,
    changes.line_type,
    changes.corrects_line_id,
    changes.ruleset_id,
    changes.episode_id,
    changes.quantity_days,
    changes.unit_price_sek,
    changes.amount_sek
from changes
left join without_rate
    on changes.billing_month = without_rate.billing_month and changes.municipality_code = without_rate.municipality_code
where
    without_rate.billing_month is null
    and not exists (
        select 1
        from {{ ref("int_disputed_episode") }} as disputed
        where disputed.holds_line and {{ rests_on("changes", "disputed") }}
    )
