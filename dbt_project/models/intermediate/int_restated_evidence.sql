{{ config(materialized="view") }}
-- What episodes rest on that changed since a review base, and those that their reviewed stays are in now; episodes
-- outside the discharge process too.
{% call episode_evidence() %}
    select link.*
    from {{ ref("int_stay_episode") }} as link
    inner join (
        select episode_id
        from {{ ref("int_restated_episode") }}
        union distinct
        select reviewed.episode_id
        from {{ ref("int_restated_episode") }} as restated
        inner join {{ source("lake", "reviewed_stay") }} as frozen
            on restated.review_sequence = frozen.sequence and restated.episode_id = frozen.episode_id
        inner join {{ ref("int_stay_episode") }} as reviewed
            on frozen.stay_id = reviewed.stay_id
    ) as restated
        on link.episode_id = restated.episode_id
{% endcall %}
