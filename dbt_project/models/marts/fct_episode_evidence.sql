-- What episodes in the discharge process rest on.
{% call episode_evidence() %}
    select link.*
    from {{ ref("int_stay_episode") }} as link
    inner join {{ ref("int_episode_fact") }} as fact
        on link.episode_id = fact.episode_id
{% endcall %}
