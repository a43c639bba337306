select
    hospital_unit,
    {{ date_of("min(admitted_at)") }} as first_admission_date,
    {{ date_of("max(admitted_at)") }} as last_admission_date,
    count(*) as stays
from {{ ref("stg_stay") }}
group by hospital_unit
