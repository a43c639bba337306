-- Lines that an open dispute holds back: all that rest on a mean with the disputed episode in it, and only
-- the episode's own lines where days are billed as they are (rules.md section 10).
with open_disputes as (
    select
        dispute.dispute_id,
        episode.episode_id,
        episode.billing_month,
        episode.municipality_code,
        episode.ruleset_id,
        episode.billing_model,
        episode.is_cut_out
    from {{ ref("fct_dispute") }} as dispute
    inner join {{ ref("int_billed_episode") }} as episode
        on dispute.episode_id = episode.episode_id
    where dispute.effect = 'holds_line'
)

select
    line.billing_month,
    line.municipality_code,
    line.ruleset_id,
    line.episode_id,
    line.quantity_days,
    line.unit_price_sek,
    line.amount_sek,
    min(dispute.dispute_id) as first_dispute_id,
    count(distinct dispute.dispute_id) as open_disputes
from {{ ref("fct_charge_line") }} as line
inner join open_disputes as dispute
    on
        line.billing_month = dispute.billing_month
        and line.municipality_code = dispute.municipality_code
        and line.ruleset_id = dispute.ruleset_id
        and (
            line.episode_id = dispute.episode_id
            or (line.episode_id is null and not dispute.is_cut_out)
            -- a gate charges everybody's days or nobody's
            or dispute.billing_model = 'mean_gate'
        )
group by
    line.billing_month,
    line.municipality_code,
    line.ruleset_id,
    line.episode_id,
    line.quantity_days,
    line.unit_price_sek,
    line.amount_sek
