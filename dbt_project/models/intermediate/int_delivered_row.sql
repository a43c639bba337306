-- Every delivered row of every feed and what became of it: the base of row accounting.
{% set feeds = {
    "stays": "stay", "messages": "message", "persons": "person",
    "placements": "placement", "disputes": "dispute",
} %}
{% for feed, name in feeds.items() -%}
    select
        '{{ feed }}' as feed,
        file_version_id,
        row_number,
        disposition,
        case when disposition = 'quarantined' then 'MESSAGE_ID_CONFLICT' end as reason_code,
        anomaly_code
    from {{ ref("base_" ~ name) }}
    union all
    select
        '{{ feed }}' as feed,
        delivered.file_version_id,
        delivered.row_number,
        'quarantined' as disposition,
        delivered.reason_code,
        delivered.anomaly_code
    from {{ source("lake", feed) }} as delivered
    inner join {{ ref("stg_file") }} as file
        on delivered.file_version_id = file.file_version_id
    where delivered.reason_code is not null
    {% if not loop.last %}union all
    {% endif %}
{%- endfor %}
