-- Disputes that are not rejected, with what the disputed episode is charged under: as known now, and as its
-- review base froze it. A dispute counts if its municipality is the liable one (rules.md section 10). It holds
-- the month's own line, or a correction of it, when raised within the days for objections to these. Once a review
-- base is issued, its lines rest on whom it froze: nobody who came to the month since holds them.
with known_now as (
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
),

frozen as (
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

known as (
    select * from known_now
    union distinct
    select * from frozen
),

dated as (
    select
        known.*,
        -- after the days for objections a dispute holds nothing back
        known.status = 'open'
        and {{ date_of("known.raised_at") }}
        <= coalesce(
            review.objections_until, {{ planned_objections_until("known.billing_month", "run") }}
        ) as is_in_time,
        review.review_sequence is null or frozen.dispute_id is not null as is_of_line
    from known
    cross join {{ ref("stg_run") }} as run
    left join {{ ref("stg_review") }} as review
        on known.billing_month = review.billing_month and known.municipality_code = review.municipality_code
    left join frozen
        on
            known.dispute_id = frozen.dispute_id
            and known.billing_month = frozen.billing_month
            and known.municipality_code = frozen.municipality_code
            and known.ruleset_id = frozen.ruleset_id
            and known.episode_id = frozen.episode_id
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
    dated.dispute_id,
    dated.status,
    dated.raised_at,
    dated.delivery_date,
    dated.billing_month,
    dated.municipality_code,
    dated.ruleset_id,
    dated.episode_id,
    dated.billing_model,
    dated.is_cut_out,
    dated.is_in_time and dated.is_of_line as holds_line,
    dated.is_in_time or objected.dispute_id is not null as holds_correction
from dated
left join objected
    on
        dated.dispute_id = objected.dispute_id
        and dated.billing_month = objected.billing_month
        and dated.municipality_code = objected.municipality_code
        and dated.ruleset_id = objected.ruleset_id
        and dated.episode_id = objected.episode_id
