-- What brings issued months to what is known now: standing lines that no longer hold are taken back in full,
-- lines that do not stand yet are charged.
with issued as (
    select
        line.*,
        -- of lines that charge the same twice, the first stands
        row_number() over (
            partition by
                line.billing_month, line.municipality_code, line.ruleset_id, line.episode_id,
                line.unit_price_sek, line.quantity_days
            order by line.sequence, line.invoice_line_id
        ) as nth
    from {{ ref("stg_issued_line") }} as line
    left join {{ ref("int_awaited_base") }} as awaited
        on line.billing_month = awaited.billing_month and line.municipality_code = awaited.municipality_code
    where line.is_standing and awaited.billing_month is null
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

taken_back as (
    select issued.*
    from issued
    left join due
        on
            {{ same_unit("issued", "due") }}
            and issued.unit_price_sek = due.unit_price_sek
            and issued.quantity_days = due.quantity_days
            and issued.nth = 1
    where due.billing_month is null
),

charged_anew as (
    select due.*
    from due
    left join issued
        on
            {{ same_unit("due", "issued") }}
            and due.unit_price_sek = issued.unit_price_sek
            and due.quantity_days = issued.quantity_days
    where issued.billing_month is null
),

changes as (
    select
        billing_month,
        municipality_code,
        'credit' as line_type,
        invoice_line_id as corrects_line_id,
        ruleset_id,
        episode_id,
        -quantity_days as quantity_days,
        unit_price_sek,
        -amount_sek as amount_sek
    from taken_back

    union all

    select
        anew.billing_month,
        anew.municipality_code,
        'debit' as line_type,
        -- the line at the same price, otherwise the first of those taken back
        coalesce(
            min(case when taken_back.unit_price_sek = anew.unit_price_sek then taken_back.invoice_line_id end),
            min(taken_back.invoice_line_id)
        ) as corrects_line_id,
        anew.ruleset_id,
        anew.episode_id,
        anew.quantity_days,
        anew.unit_price_sek,
        anew.amount_sek
    from charged_anew as anew
    left join taken_back
        on {{ same_unit("anew", "taken_back") }}
    group by
        anew.billing_month,
        anew.municipality_code,
        anew.ruleset_id,
        anew.episode_id,
        anew.quantity_days,
        anew.unit_price_sek,
        anew.amount_sek
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
        where disputed.holds_correction and {{ rests_on("changes", "disputed") }}
    )
