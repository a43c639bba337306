{#- Columns of a row of evidence: which delivered row of an episode it is, and what that decides. `row` is the
    relation with delivery_date, path and row_number; the others are SQL expressions. -#}
{% macro evidence_columns(row, feed, record_id, used_for, used_at, said, message_type=none) -%}
    '{{ feed }}' as feed,
    {{ row }}.delivery_date,
    {{ row }}.path,
    {{ row }}.row_number,
    {{ record_id }} as record_id,
    {{ message_type or "cast(null as " ~ dbt.type_string() ~ ")" }} as message_type,
    cast({{ used_at }} as timestamp) as used_at,
    {{ used_for }} as used_for,
    {{ said }} as said
{%- endmacro %}

{#- Of a message as evidence: what it says, and where it was delivered. -#}
{% macro message_columns(message) -%}
    {%- for column in [
        "message_type", "sent_at", "status", "needs", "delivery_date", "path", "row_number"
    ] %}
    {{ message }}.{{ column }}{{ "," if not loop.last }}
    {%- endfor %}
{%- endmacro %}
