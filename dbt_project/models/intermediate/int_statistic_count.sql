-- The counts and sums of days on municipality and district rows, with what contains each: what protection
-- works on.
with cells as (
    select * from {{ ref("int_statistic_wide") }}
    where geography_level in ('municipality', 'district')
)

{% for measure, contained_in in statistic_within().items() -%}
    select
        month,
        geography_level,
        geography_code,
        care_type,
        '{{ measure }}' as measure,
        cast({{ measure }} as bigint) as value,
        '{{ contained_in }}' as contained_in
    from cells
    union all
{% endfor -%}
-- no count, and never published: protection takes it for known
select
    month,
    geography_level,
    geography_code,
    care_type,
    'free_days' as measure,
    free_days as value,
    '' as contained_in
from cells
where free_days is not null
union all
select
    counted.month,
    counted.geography_level,
    counted.geography_code,
    counted.care_type,
    counted.measure,
    counted.episodes as value,
    case
        when finding.is_blocking then 'episodes_blocked_by_' || finding.responsible
        else 'episodes_discharged'
    end as contained_in
from {{ ref("int_statistic_finding") }} as counted
left join {{ ref("finding") }} as finding
    on counted.measure = 'episodes_with_' || lower(finding.finding_code)
where counted.geography_level in ('municipality', 'district')
