with counted as (
    select
        file_version_id,
        count(*) as rows_delivered,
        count(case when disposition = 'accepted' then 1 end) as rows_accepted,
        count(case when disposition = 'duplicate' then 1 end) as rows_duplicate,
        count(case when disposition = 'superseded' then 1 end) as rows_superseded,
        count(case when disposition = 'quarantined' then 1 end) as rows_quarantined
    from {{ ref("int_delivered_row") }}
    group by file_version_id
)

select
    file.feed,
    file.delivery_date,
    file.path,
    file.content_hash,
    -- as the reader counted them; the four that follow are counted anew in the lake
    file.rows_delivered,
    coalesce(counted.rows_accepted, 0) as rows_accepted,
    coalesce(counted.rows_duplicate, 0) as rows_duplicate,
    coalesce(counted.rows_superseded, 0) as rows_superseded,
    coalesce(counted.rows_quarantined, 0) as rows_quarantined,
    file.status,
    file.kind,
    file.reason_code,
    file.unknown_columns
from {{ ref("stg_file") }} as file
left join counted
    on file.file_version_id = counted.file_version_id
