-- The episodes of the review bases that stand, with the facts and parameters frozen there, and the disputes
-- as they are now: what an invoice base is made of (rules.md section 10).
with upheld as (
    select distinct
        review_sequence,
        episode_id
    from {{ ref("int_reviewed_dispute") }}
    where status = 'upheld'
)

select
    review.review_sequence,
    review.billing_month,
    review.municipality_code,
    episode.episode_id,
    episode.discharge_date,
    episode.ruleset_id,
    episode.liability_entry_date,
    episode.ready_days,
    episode.liable_days,
    episode.billing_model,
    episode.rate_source,
    episode.mean_level,
    episode.mean_decimals,
    episode.is_cut_out,
    episode.is_billable_before_disputes,
    episode.is_billable_before_disputes and upheld.episode_id is null as is_billable
from {{ source("lake", "reviewed_episode") }} as episode
inner join {{ ref("stg_review") }} as review
    on episode.sequence = review.review_sequence
left join upheld
    on episode.sequence = upheld.review_sequence and episode.episode_id = upheld.episode_id
