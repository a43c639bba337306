{#- One row per combination of `columns` (none: one row in all), nothing empty among them and among
    `required`. A key column in `nullable` may be empty, and two empty ones are the same. Yields what is
    wrong, never a value. parts: keys are looked through so many at a time; the engine's table of 130 million
    hashes, which it cannot spill, does not fit into 4 GB. -#}
{% test grain(model, columns, required=[], nullable=[], parts=1) %}

    {%- set filled = (columns | reject("in", nullable) | list) + required %}
    select 'rows of the same key' as problem
    from {{ model }}
    {% if columns -%}
        -- only rows whose key's hash comes twice are grouped by the key itself
        where
            {{ hash_of(columns) }} in (
                {% for part in range(parts) %}
                    select hashed.key_hash
                    from (select {{ hash_of(columns) }} as key_hash from {{ model }}) as hashed
                    {% if parts > 1 %}where abs(hashed.key_hash % {{ parts }}) = {{ part }}{% endif %}
                    group by hashed.key_hash
                    having count(*) > 1
                    {% if not loop.last %}union all{% endif %}
                {% endfor %}
            )
        group by {{ columns | join(", ") }}
    {% endif -%}
    having count(*) > 1
    {% if filled -%}
        union all
        select 'empty value' as problem
        from {{ model }}
        where {{ filled | join(" is null or ") }} is null
    {%- endif %}

{% endtest %}
