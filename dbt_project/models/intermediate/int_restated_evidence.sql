{{ config(materialized="view") }}
-- What episodes rest on that changed since a review base, and what is looked at with them.
{% call episode_evidence() %}
    select * from {{ ref("int_restated_stay") }}
{% endcall %}
