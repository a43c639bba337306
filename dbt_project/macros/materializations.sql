{#- How a model becomes a table or view here: made under its own name, without the copies, renamings
    and transactions by which dbt keeps an older relation readable meanwhile. dbt builds
    in a warehouse that is made anew, or, to show what was just issued, in the one that is there
    (lus_assets/invoicing/assets.py); the writer's lock is held, and the next run builds everything anew where a
    killed one left it half made (basis.in_doubt). -#}

{% materialization table, adapter="duckdb" %}
    {%- set relation = this.incorporate(type="table") -%}
    {#- what another engine made of the same model is taken as it is (lus_assets/warehouse/spark.py) -#}
    {%- set made = env_var("LUS_MADE_TABLES", "") | replace("'", "''") -%}
    {%- set made_code -%}
        select * from read_parquet('{{ made }}/{{ this.schema }}.db/{{ this.identifier }}/*.parquet')
    {%- endset -%}
    {% do drop_relation_if_exists(load_cached_relation(this)) %}
    {% call statement("main") -%}
        {{ create_table_as(false, relation, made_code if made else compiled_code) }}
    {%- endcall %}
    {% do persist_docs(relation, model) %}
    {{ return({"relations": [relation]}) }}
{% endmaterialization %}

{% materialization view, adapter="duckdb" %}
    {%- set relation = this.incorporate(type="view") -%}
    {% do drop_relation_if_exists(load_cached_relation(this)) %}
    {% call statement("main") -%}
        {{ create_view_as(relation, compiled_code) }}
    {%- endcall %}
    {{ return({"relations": [relation]}) }}
{% endmaterialization %}

{#- All comments of a relation in one statement; its columns are those of its enforced contract. -#}
{% macro duckdb__persist_docs(relation, model, for_relation, for_columns) -%}
    {%- if config.persist_relation_docs() -%}
        {%- call statement("docs") -%}
            {{ alter_relation_comment(relation, model.description) }}
            {%- for column in model.columns.values() %}
            comment on column {{ relation }}.{{ column.name }} is {{ duckdb_escape_comment(column.description) }};
            {%- endfor %}
        {%- endcall -%}
    {%- endif -%}
{%- endmacro %}
