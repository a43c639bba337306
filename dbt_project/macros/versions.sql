{#- What became of every valid row of a feed, as known at as_of (input.md).
    newest: the column whose latest value wins; delivery date, path and row number decide after it.
    first_wins: for messages, which never change: the first row of a key stands, and another
    content under the same key is set aside as a conflict.
    Among rows of equal content the first delivered one is kept, the others are duplicates.
    Nearly every key comes once, and only the others (contested) are grouped and ranked: found by a hash of the
    key, which is small; two keys of one hash are both looked at. -#}
{% macro resolve_rows(feed, key, newest=none, first_wins=false) -%}
    {%- set keys = key | join(", ") -%}
    {%- set delivered -%}
        (
            select
                feed_row.*,
                file.delivery_date,
                file.path,
                -- rows in the order in which they came: no file has 2^32 of them
                file.file_number * 4294967296 + feed_row.row_number as delivered_nth,
                {{ hash_of(key) }} as key_hash
            from {{ source("lake", feed) }} as feed_row
            inner join numbered_file as file
                on feed_row.file_version_id = file.file_version_id
            where feed_row.reason_code is null
        )
    {%- endset -%}
    with numbered_file as (
        select
            file_version_id,
            delivery_date,
            path,
            row_number() over (order by delivery_date, path) as file_number
        from {{ ref("stg_file") }}
    ),

    contested as (
        select key_hash
        from {{ delivered }} as delivered
        group by key_hash
        having count(*) > 1
    ),

    content as (
        select
            {{ keys }},
            {{ "max(" ~ newest ~ ") as " ~ newest ~ "," if newest }}
            min(delivered_nth) as first_nth,
            max(delivered_nth) as last_nth
        from {{ delivered }} as delivered
        where key_hash in (select contested.key_hash from contested)
        group by {{ keys }}, row_hash
    ),

    ranked as (
        select
            first_nth,
            row_number() over (
                partition by {{ keys }}
                order by {{ "first_nth" if first_wins else (newest ~ " desc, " if newest else "") ~ "last_nth desc" }}
            ) as nth
        from content
    )

    select
        delivered.* {{ except_columns(["delivered_nth", "key_hash"]) }},
        case
            when contested.key_hash is null or ranked.nth = 1 then 'accepted'
            when ranked.nth is null then 'duplicate'
            else '{{ "quarantined" if first_wins else "superseded" }}'
        end as disposition
    from {{ delivered }} as delivered
    left join contested
        on delivered.key_hash = contested.key_hash
    left join ranked
        on delivered.delivered_nth = ranked.first_nth
{%- endmacro %}

{#- A number of 64 bits that equal values have in common; others hardly ever, and not the same on every engine. -#}
{% macro hash_of(columns) -%}
    {{ return(adapter.dispatch("hash_of", "lus")(columns)) }}
{%- endmacro %}

{% macro duckdb__hash_of(columns) -%}
    hash({{ columns | join(", ") }})
{%- endmacro %}

{% macro spark__hash_of(columns) -%}
    xxhash64({{ columns | join(", ") }})
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
