-- Every figure with the reason why it is not published, if it is not: a count's own, and for means, shares and
-- quantiles that of any count they would give away.
with reveals as (
    {% for measure, counts in statistic_reveals().items() -%}
        {% set last_measure = loop.last -%}
        {% for count in counts -%}
            select
                '{{ measure }}' as measure,
                '{{ count }}' as revealed
            {% if not (loop.last and last_measure) %}union all{% endif %}
        {% endfor -%}
    {% endfor -%}
),

reasons as (
    select
        month,
        geography_level,
        geography_code,
        care_type,
        measure,
        reason
    from {{ ref("int_statistic_suppressed") }}
    union all
    select
        suppressed.month,
        suppressed.geography_level,
        suppressed.geography_code,
        suppressed.care_type,
        reveals.measure,
        suppressed.reason
    from {{ ref("int_statistic_suppressed") }} as suppressed
    inner join reveals
        on suppressed.measure = reveals.revealed
),

-- primary before secondary
reason as (
    select
        month,
        geography_level,
        geography_code,
        care_type,
        measure,
        min(reason) as suppression
    from reasons
    group by month, geography_level, geography_code, care_type, measure
)

select
    figure.month,
    figure.geography_level,
    figure.geography_code,
    figure.geography_name,
    figure.care_type,
    figure.measure,
    figure.value,
    figure.value_status,
    figure.numerator,
    figure.denominator,
    figure.as_of,
    reason.suppression
from {{ ref("int_statistic") }} as figure
left join reason
    on
        {{ same_cell("figure", "reason") }}
        and figure.measure = reason.measure
