-- Discharged episodes in the discharge process with a liable municipality and a ruleset, and whether
-- they are billable: what months, means and lines are made of.
select
    episode.episode_id,
    episode.billing_month,
    episode.discharge_date,
    liability.liable_municipality_code as municipality_code,
    day.ruleset_id,
    day.liability_entry_date,
    day.ready_days,
    day.liable_days,
    ruleset.billing_model,
    ruleset.rate_source,
    ruleset.mean_level,
    ruleset.mean_decimals,
    billable.is_billable,
    billable.is_billable_before_disputes,
    -- above the limit an episode leaves the mean and is billed by itself; the limit is null elsewhere
    coalesce(day.ready_days > ruleset.individual_after_days, false) as is_cut_out
from {{ ref("int_episode") }} as episode
inner join {{ ref("int_episode_liability") }} as liability
    on episode.episode_id = liability.episode_id
inner join {{ ref("int_episode_day") }} as day
    on episode.episode_id = day.episode_id
inner join {{ ref("stg_ruleset") }} as ruleset
    on day.ruleset_id = ruleset.ruleset_id
inner join {{ ref("int_episode_billable") }} as billable
    on episode.episode_id = billable.episode_id
where
    episode.is_discharged
    and liability.liable_municipality_code is not null
