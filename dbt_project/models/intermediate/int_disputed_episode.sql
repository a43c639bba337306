-- Disputes that are not rejected, with what the disputed episode is charged under: as known now, and as its
-- review base froze it. A dispute counts if its municipality is the liable one (rules.md section 10). It holds
-- the month's own line, or a correction of it, when raised within the days for objections to these.
with known as (
    select
        dispute.dispute_id,
        dispute.status,
        dispute.raised_at,
        dispute.delivery_date,
        episode.billing_month,
        episode.municipality_code,
        episode.ruleset_id,
        episode.episode_id,
        episode.billing_model,
        episode.is_cut_out
    from {{ ref("int_dispute") }} as dispute
    inner join {{ ref("int_billed_episode") }} as episode
        on dispute.episode_id = episode.episode_id
    where dispute.is_effective

    union distinct

    select
        dispute.dispute_id,
        dispute.status,
        dispute.raised_at,
        dispute.delivery_date,
        episode.billing_month,
        episode.municipality_code,
        episode.ruleset_id,
        episode.episode_id,
        episode.billing_model,
        episode.is_cut_out
    from {{ ref("int_reviewed_dispute") }} as dispute
    inner join {{ ref("int_reviewed_episode") }} as episode
        on dispute.review_sequence = episode.review_sequence and dispute.episode_id = episode.episode_id
),

dated as (
    select
        known.*,
        -- after the days for objections a dispute holds nothing back
        known.status = 'open'
        and {{ date_of("known.raised_at") }}
        <= coalesce(review.objections_until, {{ planned_objections_until("known.billing_month", "run") }}) as holds_line
    from known
    cross join {{ ref("stg_run") }} as run
    left join {{ ref("stg_review") }} as review
        on known.billing_month = review.billing_month and known.municipality_code = review.municipality_code
    where known.status != 'rejected'
),

announced as (
    select
        correction.original_month as billing_month,
        correction.municipality_code,
        correction.ruleset_id,
        correction.episode_id,
        review.as_of,
        review.objections_until
    from {{ source("lake", "reviewed_correction") }} as correction
    inner join {{ ref("stg_review") }} as review
        on correction.sequence = review.review_sequence
),

objected as (
    select distinct
        dated.dispute_id,
        dated.billing_month,
        dated.municipality_code,
        dated.ruleset_id,
        dated.episode_id
    from dated
    inner join announced
        on {{ rests_on("announced", "dated") }}
    where
        dated.status = 'open'
        and {{ date_of("dated.raised_at") }} > announced.as_of
        and {{ date_of("dated.raised_at") }} <= announced.objections_until
)

select
    dated.*,
    dated.holds_line or objected.dispute_id is not null as holds_correction
from dated
left join objected
    on
        dated.dispute_id = objected.dispute_id
        and dated.billing_month = objected.billing_month
        and dated.municipality_code = objected.municipality_code
        and dated.ruleset_id = objected.ruleset_id
        and dated.episode_id = objected.episode_id
