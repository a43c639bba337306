{#- Every value of `column` is a `field` of relation `to`. -#}
{% test known_in(model, column, to, field) %}

    select 1 as unknown_reference
    from {{ model }} as child
    left join {{ to }} as parent
        on child.{{ column }} = parent.{{ field }}
    where child.{{ column }} is not null and parent.{{ field }} is null

{% endtest %}
