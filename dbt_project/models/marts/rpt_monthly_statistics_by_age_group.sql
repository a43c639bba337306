select
    month,
    geography_code as age_group,
    geography_name as age_group_name,
    care_type,
    measure,
    value,
    value_status,
    numerator,
    denominator,
    as_of
from {{ ref("int_statistic") }}
where geography_level = 'age_group'
