{{ config(meta={"dagster": {"ref": {"name": "fct_municipality_month"}}}) }}

with episodes as (
    select
        billing_month,
        ruleset_id,
        liable_municipality_code as municipality_code,
        count(*) as episodes_discharged,
        count(case when is_billable then 1 end) as episodes_billable,
        coalesce(sum(case when is_billable then ready_days end), 0) as ready_days,
        coalesce(sum(case when is_billable then liable_days end), 0) as liable_days
    from {{ ref("fct_discharge_episode") }}
    where is_discharged and liable_municipality_code is not null and ruleset_id is not null
    group by billing_month, ruleset_id, liable_municipality_code
)

select coalesce(episodes.billing_month, months.billing_month) as billing_month
from episodes
full outer join {{ ref("fct_municipality_month") }} as months
    on
        episodes.billing_month = months.billing_month
        and episodes.municipality_code = months.municipality_code
        and episodes.ruleset_id = months.ruleset_id
where
    episodes.billing_month is null
    or months.billing_month is null
    or episodes.episodes_discharged != months.episodes_discharged
    or episodes.episodes_billable != months.episodes_billable
    or episodes.ready_days != months.ready_days
    or episodes.liable_days != months.liable_days
