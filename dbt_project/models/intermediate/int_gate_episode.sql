-- Episodes under a mean, as if it were a gate: above the level each one's own days are charged. It is the
-- other way to read the agreement (rules.md sections 8 and 10).
select
    episode_id,
    billing_month,
    discharge_date,
    municipality_code,
    ruleset_id,
    liability_entry_date,
    rate_source,
    is_billable,
    is_cut_out,
    'mean_gate' as billing_model
from {{ ref("int_billed_episode") }}
where billing_model = 'mean_excess'
