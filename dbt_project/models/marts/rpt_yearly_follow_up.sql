select
    follow_up_year,
    geography_level,
    geography_code,
    geography_name,
    care_type,
    measure,
    case when not is_suppressed then value end as value,
    case
        when is_suppressed then 'suppressed'
        when is_preliminary then 'preliminary'
        when value is null then 'not_applicable'
        when value = 0 then 'zero'
        else 'ok'
    end as value_status,
    case when not is_suppressed then numerator end as numerator,
    case when not is_suppressed then denominator end as denominator,
    months,
    as_of
from {{ ref("int_statistic_year") }}
