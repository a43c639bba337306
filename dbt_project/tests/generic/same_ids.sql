{#- `column` here and `field` of relation `to` hold the same values: none lost, none made up. -#}
{% test same_ids(model, column, to, field) %}

    select 'made up' as problem
    from (
        select {{ column }} from {{ model }}
        except
        select {{ field }} from {{ to }}
    ) as only_here
    union all
    select 'lost' as problem
    from (
        select {{ field }} from {{ to }}
        except
        select {{ column }} from {{ model }}
    ) as only_there

{% endtest %}
