-- Disputes of an episode as its review base froze it: of a stay that the episode had then, from the
-- municipality that the review base was sent to (rules.md section 10).
select
    dispute.dispute_id,
    dispute.status,
    dispute.raised_at,
    dispute.delivery_date,
    review.review_sequence,
    review.billing_month,
    review.municipality_code,
    stay.episode_id
from {{ ref("stg_dispute") }} as dispute
inner join {{ source("lake", "reviewed_stay") }} as stay
    on dispute.named_stay_id = stay.stay_id
inner join {{ ref("stg_review") }} as review
    on stay.sequence = review.review_sequence and dispute.municipality_code = review.municipality_code
