{#- What became of every valid row of a feed, as known at as_of (input.md).
    newest: the contract's order, as a list of columns; delivery date, path and row number follow.
    first_wins: for messages, which never change: the first row of a key stands, and another
    content under the same key is set aside with `conflict_code`.
    Among rows of equal content the first delivered one is kept, the others are duplicates. -#}
{% macro resolve_rows(feed, key, newest=[], first_wins=false, conflict_code=none) -%}
    {%- set position = ["delivery_date", "path", "row_number"] -%}
    {%- set direction = "asc" if first_wins else "desc" -%}
    with delivered as (
        select
            feed_row.*,
            file.delivery_date,
            file.path
        from {{ source("lake", feed) }} as feed_row
        inner join {{ ref("stg_file") }} as file
            on feed_row.file_version_id = file.file_version_id
        where feed_row.reason_code is null
    ),

    compared as (
        select
            *,
            row_number() over (
                partition by {{ key | join(", ") }}, row_hash
                order by {{ position | join(", ") }}
            ) as occurrence,
            first_value(row_hash) over (
                partition by {{ key | join(", ") }}
                order by {{ (newest + position) | join(" " ~ direction ~ ", ") }} {{ direction }}
            ) as standing_hash
        from delivered
    )

    select
        *,
        case
            when occurrence > 1 then 'duplicate'
            when row_hash = standing_hash then 'accepted'
            else '{{ "quarantined" if first_wins else "superseded" }}'
        end as disposition
    from compared
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
            on
                {% for column in key -%}
                {{ "and " if not loop.first }}seed.{{ column }} = own.{{ column }}
                {% endfor %}
        where own.{{ key[0] }} is null
    )

    select * from shipped
    union all
    select * from own
{%- endmacro %}
