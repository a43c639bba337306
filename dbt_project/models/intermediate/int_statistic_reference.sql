-- What the county's figures of a month are held against: the same month of the reference year. Of several years the
-- latest counts.
with cells as (
    select * from {{ ref("int_statistic_cell") }}
    where geography_level = 'county'
),

matched as (
    select
        cells.month,
        cells.geography_level,
        cells.geography_code,
        cells.geography_name,
        cells.care_type,
        'reference_' || reference.measure as measure,
        reference.value,
        row_number() over (
            partition by cells.month, cells.care_type, reference.measure
            order by reference.reference_month desc
        ) as choice
    from cells
    inner join {{ ref("stg_reference_series") }} as reference
        on
            cells.care_type = reference.care_type
            and extract(month from cells.month) = extract(month from reference.reference_month)
            and {{ in_force("cells.month", "reference.valid_from", "reference.valid_to") }}
)

select
    matched.month,
    matched.geography_level,
    matched.geography_code,
    matched.geography_name,
    matched.care_type,
    matched.measure,
    matched.value,
    case when matched.value = 0 then 'zero' else 'ok' end as value_status,
    run.as_of
from matched
cross join {{ ref("stg_run") }} as run
where matched.choice = 1
