-- What episodes in the discharge process rest on.
{% call episode_evidence() %}
    select stay.*
    from {{ ref("int_evidence_stay") }} as stay
    inner join {{ ref("int_episode_fact") }} as fact
        on stay.episode_id = fact.episode_id
{% endcall %}
