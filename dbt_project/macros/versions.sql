{#- What became of every valid row of a feed, as known at as_of (input.md).
    newest: the column whose latest value wins; delivery date, path and row number decide after it.
    first_wins: for messages, which never change: the first row of a key stands, and another
    content under the same key is set aside as a conflict.
    keeps_hash: whether the content's hash stays with the row: where it can be worked out again from the columns
    that the lake has, it would only be the dearest of them all.
    Among rows of equal content the first delivered one is kept, the others are duplicates.
    Rows of a key that comes once are accepted, and never looked at again; which those are is found by a hash
    of the key, which is small (two keys of one hash are both looked at). Relations are read anew for each step,
    a few columns at a time: rows with all their columns are never kept but as the result. -#}
{% macro resolve_rows(feed, key, newest=none, first_wins=false, keeps_hash=false) -%}
    {%- set keys = key | join(", ") -%}
    {%- set order_of_rows = "first_nth" if first_wins else (newest ~ " desc, " if newest else "") ~ "last_nth desc" -%}
    with numbered_file as (
        select
            file_version_id,
            delivery_date,
            path,
            row_number() over (order by delivery_date, path) as file_number
        from {{ ref("stg_file") }}
    ),

    contested as (
        select delivered.key_hash
        from ({{ delivered_rows(feed, [hash_of(key) ~ " as key_hash"]) }}) as delivered
        group by delivered.key_hash
        having count(*) > 1
    ),

    repeated as (
        select delivered.content_hash
        from (
            {{ delivered_rows(feed, [
                hash_of(key) ~ " as key_hash", hash_of(key + ["row_hash"]) ~ " as content_hash",
            ]) }}
        ) as delivered
        inner join contested
            on delivered.key_hash = contested.key_hash
        group by delivered.content_hash
        having count(*) > 1
    ),

    content as (
        select
            {{ keys }},
            row_hash,
            min(delivered.delivered_nth) as first_nth,
            max(delivered.delivered_nth) as last_nth
        from (
            {{ delivered_rows(feed, key + [
                "row_hash", delivered_nth(), hash_of(key + ["row_hash"]) ~ " as content_hash",
            ]) }}
        ) as delivered
        inner join repeated
            on delivered.content_hash = repeated.content_hash
        group by {{ keys }}, row_hash
    ),

    claim as (
        select
            delivered.*,
            coalesce(content.first_nth, delivered.delivered_nth) as first_nth,
            coalesce(content.last_nth, delivered.delivered_nth) as last_nth
        from (
            {{ delivered_rows(feed, key + ([newest] if newest else []) + [
                "row_hash", delivered_nth(), hash_of(key) ~ " as key_hash",
            ]) }}
        ) as delivered
        inner join contested
            on delivered.key_hash = contested.key_hash
        left join content
            on
                delivered.row_hash = content.row_hash
                {%- for column in key %}
                and delivered.{{ column }} = content.{{ column }}
                {%- endfor %}
    ),

    ranked as (
        select
            delivered_nth,
            first_nth,
            -- of rows of equal content the first stands for all, and is told apart by the last
            row_number() over (
                partition by {{ keys }}
                order by case when delivered_nth = first_nth then 0 else 1 end, {{ order_of_rows }}
            ) as nth
        from claim
    ),

    lost as (
        select
            delivered_nth,
            case
                when delivered_nth != first_nth then 'duplicate'
                else '{{ "quarantined" if first_wins else "superseded" }}'
            end as disposition
        from ranked
        where nth > 1
    )

    select
        delivered.* {{ except_columns(["delivered_nth"]) }},
        coalesce(lost.disposition, 'accepted') as disposition
    from (
        {{ delivered_rows(feed, [
            "feed_row.* " ~ except_columns(["reason_code"] + ([] if keeps_hash else ["row_hash"])),
            "file.delivery_date", "file.path", delivered_nth(),
        ]) }}
    ) as delivered
    left join lost
        on delivered.delivered_nth = lost.delivered_nth
{%- endmacro %}

{#- Valid rows of a feed of the files that count, with these columns of `feed_row` and `file`. -#}
{% macro delivered_rows(feed, columns) -%}
    select
        {%- for column in columns %}
        {{ column }}{{ "," if not loop.last }}
        {%- endfor %}
    from {{ source("lake", feed) }} as feed_row
    inner join numbered_file as file
        on feed_row.file_version_id = file.file_version_id
    where feed_row.reason_code is null
{%- endmacro %}

{#- Rows in the order in which they came: no file has 2^32 of them. -#}
{% macro delivered_nth() -%}
    file.file_number * 4294967296 + feed_row.row_number as delivered_nth
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
