{#- What became of every valid row of a feed, as known at as_of (input.md).
    newest: the column whose latest value wins; delivery date, path and row number decide after it.
    first_wins: for messages, which never change: the first row of a key stands, and another
    content under the same key is set aside as a conflict.
    Among rows of equal content the first delivered one is kept, the others are duplicates.
    Grouped and joined, as windows would sort every row with all its columns. -#}
{% macro resolve_rows(feed, key, newest=none, first_wins=false) -%}
    {%- set content = key + ["row_hash"] -%}
    with numbered_file as (
        select
            file_version_id,
            delivery_date,
            path,
            row_number() over (order by delivery_date, path) as file_number
        from {{ ref("stg_file") }}
    ),

    delivered as (
        select
            feed_row.*,
            file.delivery_date,
            file.path,
            -- rows in the order in which they came: no file has 2^32 of them
            file.file_number * 4294967296 + feed_row.row_number as delivered_nth
        from {{ source("lake", feed) }} as feed_row
        inner join numbered_file as file
            on feed_row.file_version_id = file.file_version_id
        where feed_row.reason_code is null
    ),

    {% if newest -%}
    latest as (
        select
            {{ key | join(", ") }},
            max({{ newest }}) as {{ newest }}
        from delivered
        group by {{ key | join(", ") }}
    ),

    {% endif -%}
    standing as (
        select
            {{ qualified("delivered", key) | join(", ") }},
            {{ "min_by" if first_wins else "max_by" }}(delivered.row_hash, delivered.delivered_nth) as row_hash
        from delivered
        {% if newest -%}
        inner join latest
            on {{ equal_columns("delivered", "latest", key + [newest]) }}
        {% endif -%}
        group by {{ qualified("delivered", key) | join(", ") }}
    ),

    repeated as (
        select
            {{ content | join(", ") }},
            min(delivered_nth) as first_nth
        from delivered
        group by {{ content | join(", ") }}
        having count(*) > 1
    )

    select
        delivered.* {{ except_columns(["delivered_nth"]) }},
        case
            when delivered.delivered_nth > repeated.first_nth then 'duplicate'
            when delivered.row_hash = standing.row_hash then 'accepted'
            else '{{ "quarantined" if first_wins else "superseded" }}'
        end as disposition
    from delivered
    inner join standing
        on {{ equal_columns("delivered", "standing", key) }}
    left join repeated
        on {{ equal_columns("delivered", "repeated", content) }}
{%- endmacro %}

{#- Columns of a relation, each with its name before it. -#}
{% macro qualified(relation, columns) -%}
    {%- set named = [] -%}
    {%- for column in columns %}{% do named.append(relation ~ "." ~ column) %}{% endfor -%}
    {{ return(named) }}
{%- endmacro %}

{#- Join condition: two relations have the same values in these columns. -#}
{% macro equal_columns(left, right, columns) -%}
    {%- for column in columns %}
    {{- " and " if not loop.first }}{{ left }}.{{ column }} = {{ right }}.{{ column }}
    {%- endfor %}
{%- endmacro %}

{#- Shipped seed rows and the region's own beside them; an own row replaces the shipped row
    of the same key. `is_own` tells them apart, and wins where validities overlap. The own rows'
    table has the seed's columns in the seed's order: lus_assets/warehouse/own_rows.py makes it so. -#}
{% macro with_own_rows(seed_name, key) -%}
    with own as (
        select
            *,
            true as is_own
        from {{ source("lake", "region_" ~ seed_name) }}
    ),

    shipped as (
        select
            seed.*,
            false as is_own
        from {{ ref(seed_name) }} as seed
        left join own
            on {{ equal_columns("seed", "own", key) }}
        where own.{{ key[0] }} is null
    )

    select * from shipped
    union all
    select * from own
{%- endmacro %}
