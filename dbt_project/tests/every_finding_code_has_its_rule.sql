{{ config(meta={"dagster": {"ref": {"name": "int_episode_finding"}}}) }}
-- depends_on: {{ ref("int_episode_finding") }}
{% set rules = [""] %}
{% if execute %}
    {% set model = graph.nodes["model.lus.int_episode_finding"] %}
    {% set rules = modules.re.findall("when '([A-Z_]+)'", model.raw_code) %}
{% endif %}

with rules as (
    {% for code in rules -%}
        select '{{ code }}' as finding_code
        {% if not loop.last %}union all
        {% endif %}
    {%- endfor %}
)

select coalesce(rules.finding_code, finding.finding_code) as finding_code
from rules
full outer join {{ ref("finding") }} as finding
    on rules.finding_code = finding.finding_code
where rules.finding_code is null or finding.finding_code is null
