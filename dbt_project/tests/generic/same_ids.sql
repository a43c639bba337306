{#- `column` here and `field` of relation `to` hold the same values: none lost, none made up. -#}
{% test same_ids(model, column, to, field) %}

    select 1 as lost_or_made_up
    from {{ model }} as here
    full outer join {{ to }} as there
        on here.{{ column }} = there.{{ field }}
    where here.{{ column }} is null or there.{{ field }} is null

{% endtest %}
