with reviewed as (
    select
        *,
        row_number() over (partition by dispute_id order by billing_month desc, episode_id asc) as nth
    from {{ ref("int_reviewed_dispute") }}
),

disputes as (
    select
        dispute.dispute_id,
        dispute.named_stay_id,
        dispute.municipality_code,
        dispute.status,
        dispute.raised_at,
        dispute.updated_at,
        -- the review base that was objected to decides, as long as it has the episode
        coalesce(reviewed.episode_id, dispute.episode_id) as episode_id,
        coalesce(reviewed.billing_month, dispute.billing_month) as billing_month,
        dispute.is_effective or reviewed.dispute_id is not null as is_effective
    from {{ ref("int_dispute") }} as dispute
    left join reviewed
        on dispute.dispute_id = reviewed.dispute_id and reviewed.nth = 1
),

holding as (
    select distinct dispute_id
    from {{ ref("int_disputed_episode") }}
    where holds_correction
),

dated as (
    select
        disputes.*,
        holding.dispute_id is not null as holds_correction,
        run.as_of,
        {{ objections_until("review", "disputes.billing_month", "run") }} as objections_until
    from disputes
    cross join {{ ref("stg_run") }} as run
    left join holding
        on disputes.dispute_id = holding.dispute_id
    left join {{ ref("stg_review") }} as review
        on
            disputes.billing_month = review.billing_month
            and disputes.municipality_code = review.municipality_code
)

select
    dispute_id,
    episode_id,
    named_stay_id,
    municipality_code,
    billing_month,
    status,
    raised_at,
    updated_at,
    objections_until,
    {{ days_from("as_of", "objections_until") }} as days_left,
    case
        when not is_effective then 'none'
        when status = 'upheld' then 'removes_episode'
        when status = 'rejected' then 'keeps_episode'
        when holds_correction or {{ date_of("raised_at") }} <= objections_until then 'holds_line'
        else 'none'
    end as effect
from dated
