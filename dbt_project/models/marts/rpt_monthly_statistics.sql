select
    month,
    geography_level,
    geography_code,
    geography_name,
    care_type,
    measure,
    value,
    value_status,
    numerator,
    denominator,
    as_of
from {{ ref("int_statistic") }}
where geography_level in ('county', 'municipality', 'district')
