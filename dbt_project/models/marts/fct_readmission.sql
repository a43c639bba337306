select
    index_episode_id,
    person_key,
    care_type,
    discharge_date,
    age,
    municipality_code,
    district_code,
    next_episode_id,
    days_to_next,
    is_readmitted_within_7_days,
    is_follow_up_complete
from {{ ref("int_readmission") }}
