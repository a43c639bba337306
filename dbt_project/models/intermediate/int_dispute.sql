-- Disputes with the episode that contains the stay they name. One counts if its municipality is the
-- episode's liable one; any other is reported, without effect (rules.md section 10).
select
    dispute.dispute_id,
    dispute.named_stay_id,
    dispute.municipality_code,
    -- the episode's own month decides; the dispute's is only what the municipality wrote
    coalesce(episode.billing_month, dispute.billing_month) as billing_month,
    dispute.status,
    dispute.raised_at,
    dispute.updated_at,
    dispute.delivery_date,
    dispute.path,
    dispute.row_number,
    liability.episode_id,
    coalesce(dispute.municipality_code = liability.liable_municipality_code, false) as is_effective
from {{ ref("stg_dispute") }} as dispute
left join {{ ref("int_stay_episode") }} as link
    on dispute.named_stay_id = link.stay_id
left join {{ ref("int_episode_liability") }} as liability
    on link.episode_id = liability.episode_id
left join {{ ref("int_episode") }} as episode
    on liability.episode_id = episode.episode_id
