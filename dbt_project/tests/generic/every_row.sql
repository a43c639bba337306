{#- `condition` is true, not null, of every row. -#}
{% test every_row(model, condition) %}

    select 1 as broken_row
    from {{ model }}
    where not coalesce(({{ condition }}), false)

{% endtest %}
