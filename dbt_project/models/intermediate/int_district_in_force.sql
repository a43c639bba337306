-- What a district's name is called on a day: itself while in force, afterwards what it was merged into,
-- along chains of mergers; never backward. One row per name and the name in force over a period.
{% set longest_chain = 5 %}
with districts as (
    select * from {{ ref("stg_district") }}
),

step_0 as (
    select
        district_name,
        district_name as name_in_force,
        valid_from,
        valid_to,
        merged_into
    from districts
)

{%- for step in range(1, longest_chain + 1) %}
    ,

    step_{{ step }} as (
        select
            earlier.district_name,
            later.district_name as name_in_force,
            -- what it went into may have been there before
            greatest(
                earlier.valid_from, {{ add_days("earlier.valid_to", 1) }}, later.valid_from
            ) as valid_from,
            later.valid_to,
            later.merged_into
        from step_{{ step - 1 }} as earlier
        inner join districts as later
            on earlier.merged_into = later.district_name
        where earlier.valid_to is not null
    )
{%- endfor %}

{% for step in range(longest_chain + 1) -%}
    select
        district_name,
        name_in_force,
        valid_from,
        valid_to
    from step_{{ step }}
    -- one that had ended by then held on no day
    where valid_to is null or valid_from <= valid_to
    {% if not loop.last %}union all
    {% endif %}
{%- endfor %}
