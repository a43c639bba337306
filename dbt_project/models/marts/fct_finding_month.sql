-- The check model: how many of a month's discharged episodes miss what, per hospital unit and municipality.
-- One asset check per finding code reads it; it counts what fct_episode_finding says, and nothing else.
with episodes as (
    select
        episode_id,
        billing_month,
        hospital_unit,
        coalesce(liable_municipality_code, 'unknown') as municipality_code
    from {{ ref("fct_discharge_episode") }}
    where is_discharged
),

discharged as (
    select
        billing_month,
        hospital_unit,
        municipality_code,
        count(*) as episodes_discharged
    from episodes
    group by billing_month, hospital_unit, municipality_code
),

with_finding as (
    select
        episodes.billing_month,
        episodes.hospital_unit,
        episodes.municipality_code,
        finding.finding_code,
        count(*) as episodes_with_finding
    from episodes
    inner join {{ ref("fct_episode_finding") }} as finding
        on episodes.episode_id = finding.episode_id
    group by episodes.billing_month, episodes.hospital_unit, episodes.municipality_code, finding.finding_code
)

select
    discharged.billing_month,
    discharged.hospital_unit,
    discharged.municipality_code,
    finding.finding_code,
    coalesce(with_finding.episodes_with_finding, 0) as episodes_with_finding,
    discharged.episodes_discharged
from discharged
cross join {{ ref("finding") }} as finding
left join with_finding
    on
        discharged.billing_month = with_finding.billing_month
        and discharged.hospital_unit = with_finding.hospital_unit
        and discharged.municipality_code = with_finding.municipality_code
        and finding.finding_code = with_finding.finding_code
