{{ config(meta={"dagster": {"ref": {"name": "rpt_monthly_statistics"}}}) }}

with episodes as (
    select
        episode.billing_month,
        count(*) as episodes_discharged,
        count(case when is_billable then 1 end) as episodes_billable,
        coalesce(sum(case when is_billable then ready_days end), 0) as ready_days,
        coalesce(sum(ready_days), 0) as ready_days_all
    from {{ ref("fct_discharge_episode") }} as episode
    -- of a month that rows were disposed of nothing is published
    left join {{ source("lake", "disposed_month") }} as disposed
        on episode.billing_month = disposed.month
    where episode.is_discharged and disposed.month is null
    group by episode.billing_month
),

figures as (
    select
        month,
        max(case when measure = 'episodes_discharged' then numerator end) as episodes_discharged,
        max(case when measure = 'episodes_billable' then numerator end) as episodes_billable,
        max(case when measure = 'ready_days' then numerator end) as ready_days,
        max(case when measure = 'ready_days_all' then numerator end) as ready_days_all
    from {{ ref("rpt_monthly_statistics") }}
    where geography_level = 'county' and care_type = 'all'
    group by month
)

select coalesce(episodes.billing_month, figures.month) as billing_month
from figures
full outer join episodes
    on figures.month = episodes.billing_month
where
    figures.month is null
    or figures.episodes_discharged != coalesce(episodes.episodes_discharged, 0)
    or figures.episodes_billable != coalesce(episodes.episodes_billable, 0)
    or figures.ready_days != coalesce(episodes.ready_days, 0)
    or figures.ready_days_all != coalesce(episodes.ready_days_all, 0)
