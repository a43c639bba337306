with in_use as (
    select distinct ruleset_id
    from {{ ref("fct_discharge_episode") }}
    where ruleset_id is not null
)

select
    run.as_of,
    (
        select {{ dbt.listagg("in_use.ruleset_id", "','", "order by in_use.ruleset_id") }}
        from in_use
    ) as ruleset_ids,
    run.code_version
from {{ ref("stg_run") }} as run
