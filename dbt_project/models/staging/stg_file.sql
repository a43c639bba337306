{{ config(materialized="table") }}
with run as (
    select * from {{ ref("stg_run") }}
)

select
    file.file_version_id,
    file.feed,
    file.delivery_date,
    file.path,
    file.content_hash,
    file.kind,
    file.status,
    file.reason_code,
    file.rows_delivered,
    file.rows_quarantined,
    file.unknown_columns,
    case when file.counts_from > file.delivery_date then file.counts_from else file.delivery_date end as known_from
from {{ source("lake", "file_version") }} as file
cross join run
where
    file.delivery_date <= run.as_of
    and file.counts_from <= run.as_of
    and (file.counts_until is null or file.counts_until > run.as_of)
