select
    dispute_id,
    episode_id as named_stay_id,
    municipality_code,
    billing_month,
    status,
    raised_at,
    updated_at,
    delivery_date,
    path,
    row_number
from {{ ref("base_dispute") }}
where disposition = 'accepted'
