-- Disputes that are not rejected, with what the disputed episode is charged under: as known now, and as its
-- review base froze it. A dispute counts if its municipality is the liable one (rules.md section 10). It holds
-- the month's own line, or a correction of it, when raised within the days for objections to these. Once a review
-- base is issued, its lines rest on whom it froze: nobody who came to the month since holds them.
{% set key = ["dispute_id", "billing_month", "municipality_code", "ruleset_id", "episode_id"] %}
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
        episode.is_cut_out,
        false as is_frozen
    from {{ ref("int_dispute") }} as dispute
    inner join {{ ref("int_billed_episode") }} as episode
        on dispute.episode_id = episode.episode_id
    where dispute.is_effective
    union all
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
        episode.is_cut_out,
        true as is_frozen
    from {{ ref("int_reviewed_dispute") }} as dispute
    inner join {{ ref("int_reviewed_episode") }} as episode
        on dispute.review_sequence = episode.review_sequence and dispute.episode_id = episode.episode_id
),

dated as (
    select distinct
        known.* {{ except_columns(["is_frozen"]) }},
        {{ objections_until("review", "known.billing_month", "run") }} as objections_until,
        review.review_sequence is null
        or bool_or(known.is_frozen) over (
            -- in the mean or cut out of it as the review base had it, whatever is known now
            partition by known.{{ key | join(", known.") }}, known.billing_model, known.is_cut_out
        ) as is_of_line
    from known
    cross join {{ ref("stg_run") }} as run
    left join {{ ref("stg_review") }} as review
        on known.billing_month = review.billing_month and known.municipality_code = review.municipality_code
),

in_time as (
    select
        *,
        -- after the days for objections a dispute holds nothing back
        status = 'open' and {{ date_of("raised_at") }} <= objections_until as is_in_time
    from dated
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
)

select distinct
    in_time.dispute_id,
    in_time.status,
    in_time.raised_at,
    in_time.delivery_date,
    in_time.billing_month,
    in_time.municipality_code,
    in_time.ruleset_id,
    in_time.episode_id,
    in_time.billing_model,
    in_time.is_cut_out,
    in_time.objections_until,
    in_time.is_in_time and in_time.is_of_line as holds_line,
    in_time.is_in_time
    or bool_or(announced.as_of is not null) over (
        partition by in_time.{{ key | join(", in_time.") }}
    ) as holds_correction
from in_time
left join announced
    on
        in_time.status = 'open'
        and {{ date_of("in_time.raised_at") }} >= announced.as_of
        and {{ date_of("in_time.raised_at") }} <= announced.objections_until
        and {{ rests_on("announced", "in_time") }}
where in_time.status != 'rejected'
