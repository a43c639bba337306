-- The ruleset for every agreement, care type and date that an episode asks for (rules.md section 8).
-- Own rows come before shipped ones, a care type's own row before `any`, the latest start first.
with asked as (
    select distinct
        episode.care_type,
        episode.end_date as on_date,
        coalesce(party.agreement_id, 'statute') as agreement_id,
        liability.liable_municipality_code
    from {{ ref("int_episode") }} as episode
    inner join {{ ref("int_episode_liability") }} as liability
        on episode.episode_id = liability.episode_id
    cross join {{ ref("stg_run") }} as run
    left join {{ ref("stg_agreement_party") }} as party
        on
            liability.liable_municipality_code = party.municipality_code
            and run.region_code = party.region_code
            and {{ in_force("episode.end_date", "party.valid_from", "party.valid_to") }}
),

ranked as (
    select
        asked.*,
        ruleset.ruleset_id,
        row_number() over (
            partition by asked.care_type, asked.on_date, asked.liable_municipality_code
            order by
                case when ruleset.is_own then 0 else 1 end,
                case when ruleset.care_type = asked.care_type then 0 else 1 end,
                ruleset.valid_from desc,
                ruleset.ruleset_id asc
        ) as nth
    from asked
    inner join {{ ref("stg_ruleset") }} as ruleset
        on
            asked.agreement_id = ruleset.agreement_id
            and ruleset.care_type in (asked.care_type, 'any')
            and {{ in_force("asked.on_date", "ruleset.valid_from", "ruleset.valid_to") }}
)

select
    care_type,
    on_date,
    liable_municipality_code,
    agreement_id,
    ruleset_id
from ranked
where nth = 1
