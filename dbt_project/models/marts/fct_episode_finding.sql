select
    episode_id,
    finding_code,
    is_blocking,
    responsible,
    legal_reference,
    text_sv
from {{ ref("int_episode_finding") }}
