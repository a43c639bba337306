-- Disputes of an episode as its review base froze it, from the municipality that the review base was sent to: of a
-- stay that the episode had then, or of one that joined it since (rules.md section 10: the episode that contains the
-- stay it names).
with frozen as (
    select
        stay.stay_id,
        stay.episode_id,
        review.review_sequence,
        review.billing_month,
        review.municipality_code
    from {{ source("lake", "reviewed_stay") }} as stay
    inner join {{ ref("stg_review") }} as review
        on stay.sequence = review.review_sequence
),

had_then as (
    select
        dispute.dispute_id,
        frozen.review_sequence,
        frozen.billing_month,
        frozen.episode_id
    from {{ ref("stg_dispute") }} as dispute
    inner join frozen
        on dispute.named_stay_id = frozen.stay_id and dispute.municipality_code = frozen.municipality_code
),

joined_since as (
    select distinct
        dispute.dispute_id,
        frozen.review_sequence,
        frozen.billing_month,
        frozen.episode_id
    from {{ ref("stg_dispute") }} as dispute
    left join had_then
        on dispute.dispute_id = had_then.dispute_id
    inner join {{ ref("int_stay_episode") }} as named
        on dispute.named_stay_id = named.stay_id
    inner join {{ ref("int_stay_episode") }} as beside
        on named.episode_id = beside.episode_id
    inner join frozen
        on beside.stay_id = frozen.stay_id and dispute.municipality_code = frozen.municipality_code
    where had_then.dispute_id is null
),

met as (
    select * from had_then
    union all
    select * from joined_since
)

select
    dispute.dispute_id,
    dispute.status,
    dispute.raised_at,
    dispute.delivery_date,
    met.review_sequence,
    met.billing_month,
    dispute.municipality_code,
    met.episode_id
from met
inner join {{ ref("stg_dispute") }} as dispute
    on met.dispute_id = dispute.dispute_id
