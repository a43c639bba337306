select
    rate_source,
    valid_from,
    valid_to,
    rate_sek,
    source,
    status,
    is_own
from {{ ref("stg_daily_rate") }}
