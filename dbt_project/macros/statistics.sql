{#- Age group on a day, of age in years. -#}
{% macro age_group(age_years) -%}
    case
        when {{ age_years }} is null then 'unknown'
        when {{ age_years }} < 18 then '0-17'
        when {{ age_years }} < 65 then '18-64'
        else '65+'
    end
{%- endmacro %}

{#- The CTE `member`: one row per row of `episodes` and statistics cell it counts in. `episodes` has
    region_code, county_code (of the municipality), age_group and care_type. -#}
{% macro statistic_cells(episodes, municipality_code, district_code) -%}
placed as (
    select
        'county' as geography_level,
        region_code as geography_code,
        *
    from {{ episodes }}
    union all
    select
        'age_group' as geography_level,
        age_group as geography_code,
        *
    from {{ episodes }}
    union all
    select
        'municipality' as geography_level,
        case
            when {{ municipality_code }} is null then 'unknown'
            when county_code = region_code then {{ municipality_code }}
            else 'other'
        end as geography_code,
        *
    from {{ episodes }}
    union all
    select
        'district' as geography_level,
        coalesce({{ district_code }}, 'unknown') as geography_code,
        *
    from {{ episodes }}
    where {{ municipality_code }} = '0180' and region_code = '01'
),

care_types as (
    select
        care_type as own_care_type,
        care_type as counted_as
    from (select distinct care_type from {{ episodes }}) as own
    union all
    select
        care_type as own_care_type,
        'all' as counted_as
    from (select distinct care_type from {{ episodes }}) as own
),

member as (
    select
        placed.* {{ except_columns(["care_type"]) }},
        care_types.counted_as as care_type
    from placed
    inner join care_types
        on placed.care_type = care_types.own_care_type
)
{%- endmacro %}

{#- `* except`, spelled as the engine does. -#}
{% macro except_columns(columns) -%}
    {{ return(adapter.dispatch("except_columns", "lus")(columns)) }}
{%- endmacro %}

{% macro default__except_columns(columns) -%}
    except ({{ columns | join(", ") }})
{%- endmacro %}

{% macro duckdb__except_columns(columns) -%}
    exclude ({{ columns | join(", ") }})
{%- endmacro %}

{#- Join condition: two relations speak of the same cell. -#}
{% macro same_cell(left, right) -%}
    {%- for column in ["month", "geography_level", "geography_code", "care_type"] %}
    {{ "and " if not loop.first }}{{ left }}.{{ column }} = {{ right }}.{{ column }}
    {%- endfor %}
{%- endmacro %}

{#- Figures that are a ratio of two others: measure -> numerator, denominator. -#}
{% macro statistic_ratios() -%}
    {{ return({
        "share_billable": ["episodes_billable", "episodes_discharged"],
        "mean_ready_days": ["ready_days", "episodes_billable"],
        "mean_ready_days_excluding_zero": ["ready_days", "episodes_after_day_zero"],
        "share_discharged_on_day_zero": ["episodes_on_day_zero", "episodes_billable"],
        "share_readmitted_7_days_65": ["readmissions_7_days_65", "readmissions_index_65"],
    }) }}
{%- endmacro %}

{#- Figures that are shown as they are. -#}
{% macro statistic_counts() -%}
    {{ return([
        "episodes_discharged", "episodes_billable", "ready_days", "ready_days_all", "median_ready_days",
        "p90_ready_days", "liable_days", "withdrawn_ready_days", "municipalities_above_level",
        "readmissions_index_65", "readmissions_7_days_65",
    ]) }}
{%- endmacro %}
