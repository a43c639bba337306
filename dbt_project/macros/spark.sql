{#- What dbt's own macros do otherwise on Spark than elsewhere, or not at all. -#}

{#- dbt-spark's own goes over seconds since 1970: no null, no microseconds, a zone on the way. -#}
{% macro spark__dateadd(datepart, interval, from_date_or_timestamp) -%}
    timestampadd({{ datepart }}, {{ interval }}, {{ from_date_or_timestamp }})
{%- endmacro %}

{#- Days only: that is all that the models count. -#}
{% macro spark__datediff(first_date, second_date, datepart) -%}
    {%- if datepart != "day" -%}
        {{ exceptions.raise_compiler_error("datediff counts days only here, not " ~ datepart) }}
    {%- endif -%}
    datediff({{ second_date }}, {{ first_date }})
{%- endmacro %}

{% macro spark__listagg(measure, delimiter_text, order_by_clause, limit_num) -%}
    listagg({{ measure }}, {{ delimiter_text }}) within group ({{ order_by_clause }})
{%- endmacro %}

{#- Spark has no varchar without a length; its text is `string`. -#}
{% macro spark_type(data_type) -%}
    {{ return("string" if data_type | lower == "varchar" else data_type) }}
{%- endmacro %}

{#- The columns of a contract, as dbt's own, in Spark's types. -#}
{% macro spark__get_empty_schema_sql(columns) -%}
    select
        {% for column in columns.values() -%}
            cast(null as {{ spark_type(column.data_type) }}) as {{ column.name }}{{ "," if not loop.last }}
        {% endfor -%}
{%- endmacro %}

{% macro spark__create_csv_table(model, agate_table) -%}
    {%- set types = model.config.column_types -%}
    {%- call statement("create_csv_table") -%}
        create table {{ this }} (
            {%- for column in agate_table.column_names %}
                {{ column }} {{ spark_type(types[column]) }}{{ "," if not loop.last }}
            {%- endfor %}
        )
    {%- endcall -%}
{%- endmacro %}

{#- dbt-spark's session method writes an empty value as the text None, and a quote as it is. -#}
{% macro spark__load_csv_rows(model, agate_table) -%}
    {%- set types = model.config.column_types -%}
    {%- set sql -%}
        insert into {{ this }} values
        {%- for row in agate_table.rows %}
            (
                {%- for column in agate_table.column_names -%}
                    {%- set value = row[column] -%}
                    {%- if value is none -%} null
                    {%- else -%} cast('{{ value | string | replace("\\", "\\\\") | replace("'", "\\'") }}' as {{ spark_type(types[column]) }})
                    {%- endif -%}
                    {{- ", " if not loop.last }}
                {%- endfor -%}
            ){{ "," if not loop.last }}
        {%- endfor %}
    {%- endset -%}
    {% if agate_table.rows | length > 0 %}{% do run_query(sql) %}{% endif %}
    {{ return(sql) }}
{%- endmacro %}
