select
    message_id,
    stay_id,
    message_type,
    sent_at,
    sender_unit,
    sender_role,
    cancels_message_id,
    needs,
    need_assessed_at,
    planned_discharge_at,
    status,
    refers_to_message_id,
    delivery_date,
    path,
    row_number
from {{ ref("base_message") }}
where disposition = 'accepted'
