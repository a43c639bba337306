select
    episode_id,
    finding_code,
    is_blocking,
    responsible,
    sender_role,
    legal_reference,
    text_sv
from {{ ref("int_episode_finding") }}
