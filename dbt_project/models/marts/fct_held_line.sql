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
    charge.billing_month,
    charge.municipality_code,
    charge.ruleset_id,
    charge.episode_id,
    charge.quantity_days,
    charge.unit_price_sek,
    charge.amount_sek,
    min(dispute.dispute_id) as first_dispute_id,
    count(distinct dispute.dispute_id) as open_disputes
from {{ ref("fct_charge_line") }} as charge
inner join open_disputes as dispute
    on
        charge.billing_month = dispute.billing_month
        and charge.municipality_code = dispute.municipality_code
        and charge.ruleset_id = dispute.ruleset_id
        and (
            charge.episode_id = dispute.episode_id
            or (charge.episode_id is null and not dispute.is_cut_out)
            -- a gate charges everybody's days or nobody's
            or dispute.billing_model = 'mean_gate'
        )
group by
    charge.billing_month,
    charge.municipality_code,
    charge.ruleset_id,
    charge.episode_id,
    charge.quantity_days,
    charge.unit_price_sek,
    charge.amount_sek
