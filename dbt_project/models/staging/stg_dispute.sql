select
    dispute.dispute_id,
    dispute.episode_id as named_stay_id,
    dispute.municipality_code,
    dispute.billing_month,
    dispute.status,
    dispute.raised_at,
    dispute.updated_at,
    file.known_from,
    dispute.delivery_date,
    dispute.path,
    dispute.row_number
from {{ ref("base_dispute") }} as dispute
inner join {{ ref("stg_file") }} as file
    on dispute.file_version_id = file.file_version_id
where dispute.disposition = 'accepted'
