{#- Every column of `sets` holds only the codes listed for it, or nothing. -#}
{% test closed_sets(model, sets) %}

    {% for column, codes in sets.items() -%}
        select '{{ column }}' as column_name
        from {{ model }}
        where {{ column }} not in ('{{ codes | join("', '") }}')
        {% if not loop.last %}union all
        {% endif %}
    {%- endfor %}

{% endtest %}
