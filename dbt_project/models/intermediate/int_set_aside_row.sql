-- Delivered rows that the reader set aside (quarantined), of every feed.
{% for feed in ["stays", "messages", "persons", "placements", "disputes"] -%}
    select
        '{{ feed }}' as feed,
        delivered.file_version_id,
        delivered.row_number,
        delivered.reason_code,
        delivered.anomaly_code
    from {{ source("lake", feed) }} as delivered
    inner join {{ ref("stg_file") }} as file
        on delivered.file_version_id = file.file_version_id
    where delivered.reason_code is not null
    {% if not loop.last %}union all
    {% endif %}
{%- endfor %}
