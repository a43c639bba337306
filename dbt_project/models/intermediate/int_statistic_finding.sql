-- How many discharged episodes of a cell have a finding, and how many were blocked by whom; an episode
-- counts once in each.
{% set key = ["month", "geography_level", "geography_code", "care_type"] %}
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
        {% for column in key %}members.{{ column }}, {% endfor %}
        findings.measure,
        count(*) as episodes
    from members
    inner join findings
        on members.episode_id = findings.episode_id
    group by {% for column in key %}members.{{ column }}, {% endfor %}findings.measure
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
    {% for column in key %}cell.{{ column }}, {% endfor %}
    cell.geography_name,
    measures.measure,
    coalesce(counted.episodes, 0) as episodes
from {{ ref("int_statistic_cell") }} as cell
cross join measures
left join counted
    on {{ same_cell("cell", "counted") }}
    and measures.measure = counted.measure
