{% call episode_evidence() %}
    select stay.*
    from {{ ref("int_evidence_stay") }} as stay
    -- those in the discharge process
    inner join {{ ref("int_episode_fact") }} as fact
        on stay.episode_id = fact.episode_id
{% endcall %}
