-- Stays of episodes that changed since a review base, and of those that their reviewed stays are in now; of episodes
-- outside the discharge process too. A table, since it is what tells the engine how few they are.
with episodes as (
    select episode_id
    from {{ ref("int_restated_episode") }}
    union distinct
    select link.episode_id
    from {{ ref("int_restated_episode") }} as restated
    inner join {{ source("lake", "reviewed_stay") }} as frozen
        on restated.review_sequence = frozen.sequence and restated.episode_id = frozen.episode_id
    inner join {{ ref("int_stay_episode") }} as link
        on frozen.stay_id = link.stay_id
)

select
    link.stay_id,
    link.episode_id,
    link.stay_number,
    link.stay_number_from_last
from {{ ref("int_stay_episode") }} as link
inner join episodes
    on link.episode_id = episodes.episode_id
