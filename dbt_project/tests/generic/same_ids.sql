{#- `column` here and `field` of relation `to` hold the same values: none lost, none made up. `to_where`: of which rows
    of the other relation. -#}
{% test same_ids(model, column, to, field, to_where="true") %}

    select 'made up' as problem
    from (
        select {{ column }} from {{ model }}
        except
        select {{ field }} from {{ to }} where {{ to_where }}
    ) as only_here
    union all
    select 'lost' as problem
    from (
        select {{ field }} from {{ to }} where {{ to_where }}
        except
        select {{ column }} from {{ model }}
    ) as only_there

{% endtest %}
