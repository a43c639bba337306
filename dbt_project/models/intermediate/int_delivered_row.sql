{{ config(materialized="view") }}
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
{% endfor -%}
select
    feed,
    file_version_id,
    row_number,
    'quarantined' as disposition,
    reason_code,
    anomaly_code
from {{ ref("int_set_aside_row") }}
