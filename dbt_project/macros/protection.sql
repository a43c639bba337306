{#- Rows month, geography_level, geography_code, care_type, measure, reason of the cells that are suppressed in
    `counts` (the same columns, with value and contained_in). The search is Python (lus_assets/statistics/protection.py):
    another engine needs it as a function of its own. -#}
{% macro suppressed_cells(counts, limit) -%}
    {{ return(adapter.dispatch("suppressed_cells", "lus")(counts, limit)) }}
{%- endmacro %}

{% macro duckdb__suppressed_cells(counts, limit) -%}
    select
        month,
        cell.geography_level,
        cell.geography_code,
        cell.care_type,
        cell.measure,
        cell.reason
    from (
        select
            month,
            unnest(lus_suppressed(figures, small_number_limit)) as cell
        from (
            select
                month,
                list(
                    struct_pack(
                        geography_level := geography_level,
                        geography_code := geography_code,
                        care_type := care_type,
                        measure := measure,
                        value := value,
                        contained_in := contained_in
                    ) order by geography_level, geography_code, care_type, measure
                ) as figures,
                max({{ limit }}) as small_number_limit
            from {{ counts }}
            group by month
            -- in order they come all at once, and are shared by all cores
            order by month
        ) as months
    ) as suppressed
{%- endmacro %}

{% macro spark__suppressed_cells(counts, limit) -%}
    select
        month,
        cell.geography_level,
        cell.geography_code,
        cell.care_type,
        cell.measure,
        cell.reason
    from (
        select
            month,
            explode(lus_suppressed(figures, small_number_limit)) as cell
        from (
            select
                month,
                sort_array(collect_list(
                    struct(geography_level, geography_code, care_type, measure, value, contained_in)
                )) as figures,
                max({{ limit }}) as small_number_limit
            from {{ counts }}
            group by month
        ) as months
    ) as suppressed
{%- endmacro %}

{#- What a figure gives away, beside the count of its own name: measure -> counts. Quantiles tell how many left on
    day zero, and with the sum of days how many more than the free ones somebody has. -#}
{% macro statistic_reveals() -%}
    {{ return({
        "share_billable": ["episodes_billable", "episodes_discharged"],
        "mean_ready_days": ["ready_days", "episodes_billable"],
        "mean_ready_days_excluding_zero": ["ready_days", "episodes_after_day_zero", "episodes_on_day_zero"],
        "share_discharged_on_day_zero": ["episodes_on_day_zero", "episodes_after_day_zero", "episodes_billable"],
        "share_readmitted_7_days_65": ["readmissions_7_days_65", "readmissions_index_65"],
        "median_ready_days": ["episodes_billable", "episodes_on_day_zero", "episodes_after_day_zero", "liable_days"],
        "p90_ready_days": ["episodes_billable", "episodes_on_day_zero", "episodes_after_day_zero", "liable_days"],
    }) }}
{%- endmacro %}

{#- Counts and sums that protection looks at -> what contains each. -#}
{% macro statistic_within() -%}
    {{ return({
        "episodes_discharged": "",
        "episodes_billable": "episodes_discharged",
        "episodes_on_day_zero": "episodes_billable",
        "episodes_after_day_zero": "ready_days",
        "ready_days": "ready_days_all",
        "ready_days_all": "",
        "liable_days": "ready_days",
        "withdrawn_ready_days": "",
        "readmissions_index_65": "",
        "readmissions_7_days_65": "readmissions_index_65",
    }) }}
{%- endmacro %}
