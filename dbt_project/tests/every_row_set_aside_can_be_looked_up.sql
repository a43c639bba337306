{{ config(meta={"dagster": {"ref": {"name": "ingest_quarantine"}}}) }}

with looked_up as (
    select
        path,
        count(row_number) as quarantined
    from {{ ref("ingest_quarantine") }}
    group by path
),

counted as (
    select
        path,
        sum(rows_quarantined) as quarantined
    from {{ ref("ingest_file") }}
    group by path
)

select coalesce(counted.path, looked_up.path) as file_path
from counted
full outer join looked_up
    on counted.path = looked_up.path
where coalesce(counted.quarantined, 0) != coalesce(looked_up.quarantined, 0)
