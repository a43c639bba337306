select
    stay_id,
    person_key,
    hospital_unit,
    care_type,
    legal_basis,
    admission_type,
    admitted_at,
    discharged_at,
    discharge_type,
    to_open_compulsory_care,
    updated_at,
    delivery_date,
    path,
    row_number
from {{ ref("base_stay") }}
where disposition = 'accepted'
