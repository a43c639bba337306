select
    district_name as district_code,
    district_name,
    valid_from,
    valid_to,
    merged_into
from {{ ref("stg_district") }}
