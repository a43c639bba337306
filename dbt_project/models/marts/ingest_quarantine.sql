select
    delivered.feed,
    file.delivery_date,
    file.path,
    delivered.row_number,
    delivered.reason_code
from {{ ref("int_delivered_row") }} as delivered
inner join {{ ref("stg_file") }} as file
    on delivered.file_version_id = file.file_version_id
where delivered.disposition = 'quarantined'
union all
-- a file of which no row could be counted
select
    feed,
    delivery_date,
    path,
    cast(null as bigint) as row_number,
    reason_code
from {{ ref("stg_file") }}
where status in ('quarantined', 'refused') and rows_delivered = 0
