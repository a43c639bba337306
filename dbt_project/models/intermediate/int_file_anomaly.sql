{{ config(materialized="view") }}
-- What is remarkable about files and days, whatever their rows say (input.md).
select
    feed,
    delivery_date,
    cast(null as {{ dbt.type_string() }}) as path,
    case when is_acknowledged then 'GAP_ACKNOWLEDGED' else 'GAP' end as anomaly_code
from {{ ref("int_gap") }}

union all

select
    feed,
    delivery_date,
    path,
    'UNKNOWN_COLUMN' as anomaly_code
from {{ ref("stg_file") }}
where unknown_columns > 0

union all

select
    feed,
    delivery_date,
    path,
    'FILE_CHANGED' as anomaly_code
from {{ ref("stg_file") }}
where status = 'refused'
