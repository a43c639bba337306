select
    used_for,
    sort_order,
    legal_reference,
    text_en
from {{ ref("evidence_use") }}
