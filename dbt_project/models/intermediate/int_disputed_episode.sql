-- Disputes that are not rejected, with what the disputed episode is charged under: as known now, and as its
-- review base froze it. A dispute counts if its municipality is the liable one (rules.md section 10).
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
)

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
