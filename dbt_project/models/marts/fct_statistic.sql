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
    suppression,
    as_of
from {{ ref("int_statistic_protected") }}
