{#- Dated rows of the same key never overlap: valid_from to valid_to, both inclusive, an empty end open. -#}
{% test no_overlap(model, columns) %}

    with dated as (
        select
            valid_from,
            lag(coalesce(valid_to, cast('9999-12-31' as date))) over (
                partition by {{ columns | join(", ") }} order by valid_from
            ) as previous_valid_to
        from {{ model }}
    )

    select 1 as overlap
    from dated
    where previous_valid_to >= valid_from

{% endtest %}
