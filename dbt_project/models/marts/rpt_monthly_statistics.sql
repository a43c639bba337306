select
    month,
    geography_level,
    geography_code,
    geography_name,
    care_type,
    measure,
    case when suppression is null then value end as value,
    case when suppression is null then value_status else 'suppressed' end as value_status,
    case when suppression is null then numerator end as numerator,
    case when suppression is null then denominator end as denominator,
    as_of
from {{ ref("int_statistic_protected") }}
where geography_level in ('county', 'municipality', 'district')
union all
select
    month,
    geography_level,
    geography_code,
    geography_name,
    care_type,
    measure,
    value,
    value_status,
    cast(null as bigint) as numerator,
    cast(null as bigint) as denominator,
    as_of
from {{ ref("int_statistic_reference") }}
