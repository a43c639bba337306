-- How many discharged episodes of a cell have a finding, and how many were blocked by whom; an episode
-- counts once in each.
with members as (
    select * from {{ ref("int_statistic_member") }}
),

findings as (
    select
        episode_id,
        'episodes_with_' || lower(finding_code) as measure
    from {{ ref("int_episode_finding") }}
    union all
    select distinct
        episode_id,
        'episodes_blocked_by_' || responsible as measure
    from {{ ref("int_episode_finding") }}
    where is_blocking
),

counted as (
    select
        members.month,
        members.geography_level,
        members.geography_code,
        members.care_type,
        findings.measure,
        count(*) as episodes
    from members
    inner join findings
        on members.episode_id = findings.episode_id
    group by
        members.month,
        members.geography_level,
        members.geography_code,
        members.care_type,
        findings.measure
),

measures as (
    select 'episodes_with_' || lower(finding_code) as measure
    from {{ ref("finding") }}
    union
    select 'episodes_blocked_by_' || responsible as measure
    from {{ ref("finding") }}
    where is_blocking
)

select
    cell.month,
    cell.geography_level,
    cell.geography_code,
    cell.care_type,
    cell.geography_name,
    measures.measure,
    coalesce(counted.episodes, 0) as episodes
from {{ ref("int_statistic_cell") }} as cell
cross join measures
left join counted
    on
        cell.month = counted.month
        and cell.geography_level = counted.geography_level
        and cell.geography_code = counted.geography_code
        and cell.care_type = counted.care_type
        and measures.measure = counted.measure
