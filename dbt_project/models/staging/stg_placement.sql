select
    placement_id,
    person_key,
    placing_municipality_code,
    staying_municipality_code,
    legal_basis,
    housing,
    valid_from,
    valid_to,
    delivery_date,
    path,
    row_number
from {{ ref("base_placement") }}
where disposition = 'accepted'
