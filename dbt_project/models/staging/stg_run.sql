select
    as_of,
    region_code,
    review_day,
    objection_days,
    small_number_limit,
    code_version,
    -- the last instant of the as_of day: stands in for discharge while a patient is still there
    {{ dbt.dateadd("microsecond", -1, "cast(" ~ add_days("as_of", 1) ~ " as timestamp)") }} as as_of_end_at
from {{ source("lake", "run_parameter") }}
