with accepted as (
    select * from {{ ref("base_person") }}
    where disposition = 'accepted'
),

known_municipality as (
    select municipality_code from {{ ref("municipality") }}
)

select
    accepted.person_key,
    accepted.valid_from,
    -- a code that no municipality has cannot pay; it is reported by ingest_anomaly
    known_municipality.municipality_code,
    accepted.municipality_code as delivered_municipality_code,
    accepted.district_code as delivered_district_name,
    accepted.protected_identity as is_protected,
    accepted.has_birth_date,
    accepted.file_version_id,
    accepted.delivery_date,
    accepted.path,
    accepted.row_number
from accepted
left join known_municipality
    on accepted.municipality_code = known_municipality.municipality_code
