-- Corrections of earlier months as the review bases that stand announced them, with what holds each back now:
-- an open dispute in time, one upheld since, or a base issued since that corrected the same already.
with corrections as (
    select
        correction.*,
        correction.original_month as billing_month,
        review.billing_month as issue_month,
        review.as_of as reviewed_as_of,
        review.objections_until,
        invoice.invoice_sequence
    from {{ source("lake", "reviewed_correction") }} as correction
    inner join {{ ref("stg_review") }} as review
        on correction.sequence = review.review_sequence
    left join {{ ref("stg_invoice") }} as invoice
        on
            review.billing_month = invoice.billing_month
            and review.municipality_code = invoice.municipality_code
),

held as (
    select
        correction.sequence,
        correction.line_number,
        min(disputed.dispute_id) as first_dispute_id,
        count(distinct disputed.dispute_id) as open_disputes
    from corrections as correction
    inner join {{ ref("int_disputed_episode") }} as disputed
        on {{ rests_on("correction", "disputed") }}
    where
        disputed.holds_correction
        or (
            disputed.status = 'upheld'
            and disputed.delivery_date > correction.reviewed_as_of
            and {{ date_of("disputed.raised_at") }} <= correction.objections_until
        )
    group by correction.sequence, correction.line_number
),

overtaken as (
    select distinct
        correction.sequence,
        correction.line_number
    from corrections as correction
    inner join {{ ref("stg_issued_line") }} as line
        on {{ same_unit("correction", "line") }}
    where
        -- not known to the review base: issued after it, or as known at a later day
        (line.sequence > correction.sequence or line.as_of > correction.reviewed_as_of)
        and line.sequence < coalesce(correction.invoice_sequence, line.sequence + 1)
)

select
    correction.issue_month,
    correction.municipality_code,
    correction.original_month,
    correction.line_type,
    correction.corrects_line_id,
    correction.ruleset_id,
    correction.episode_id,
    correction.quantity_days,
    correction.unit_price_sek,
    correction.amount_sek,
    held.first_dispute_id,
    held.open_disputes,
    overtaken.sequence is not null as is_overtaken
from corrections as correction
left join held
    on correction.sequence = held.sequence and correction.line_number = held.line_number
left join overtaken
    on correction.sequence = overtaken.sequence and correction.line_number = overtaken.line_number
