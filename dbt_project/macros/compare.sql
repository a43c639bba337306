{#- Do two relations differ in any of the columns? Two empty values do not. -#}
{% macro any_differs(one, other, columns) -%}
    (
        {%- for column in columns %}
        coalesce(
            {{ one }}.{{ column }} != {{ other }}.{{ column }},
            ({{ one }}.{{ column }} is null) != ({{ other }}.{{ column }} is null)
        ){{ " or" if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}
