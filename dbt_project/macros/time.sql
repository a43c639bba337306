{#- Durations and dates. Every model counts days through these, so that an engine's habits
    (argument order, results of type timestamp) are met in one place. -#}

{#- The local date of a naive local timestamp. -#}
{% macro date_of(timestamp) -%}
    cast({{ timestamp }} as date)
{%- endmacro %}

{#- Calendar days from one date to another; negative when the second is earlier. -#}
{% macro days_between(from_date, to_date) -%}
    cast({{ dbt.datediff(from_date, to_date, "day") }} as integer)
{%- endmacro %}

{#- days_between, never below zero; null when a date is (greatest() would pass over it). -#}
{% macro days_from(from_date, to_date) -%}
    case
        when {{ days_between(from_date, to_date) }} < 0 then 0
        else {{ days_between(from_date, to_date) }}
    end
{%- endmacro %}

{#- A date a number of calendar days later. -#}
{% macro add_days(date, days) -%}
    cast({{ dbt.dateadd("day", days, date) }} as date)
{%- endmacro %}

{#- A naive timestamp a number of hours of local clock time later. -#}
{% macro add_hours(timestamp, hours) -%}
    {{ dbt.dateadd("hour", hours, timestamp) }}
{%- endmacro %}

{#- First day of a date's month. -#}
{% macro month_of(date) -%}
    cast({{ dbt.date_trunc("month", date) }} as date)
{%- endmacro %}

{#- Year of a date. -#}
{% macro year_of(date) -%}
    cast(extract(year from {{ date }}) as integer)
{%- endmacro %}

{#- Does a date lie in a dated row's validity? Both ends inclusive, an empty end is open. -#}
{% macro in_force(date, valid_from, valid_to) -%}
    ({{ valid_from }} <= {{ date }} and ({{ valid_to }} is null or {{ date }} <= {{ valid_to }}))
{%- endmacro %}

{#- Day zero of a ready notice: its date, or the next when it is late for that day
    (rules.md section 5). -#}
{% macro day_zero(sent_at, cutoff_time, cutoff_comparator) -%}
    case
        when {{ cutoff_comparator }} = 'after' and cast({{ sent_at }} as time) > {{ cutoff_time }}
            then {{ add_days(date_of(sent_at), 1) }}
        when {{ cutoff_comparator }} = 'at_or_after' and cast({{ sent_at }} as time) >= {{ cutoff_time }}
            then {{ add_days(date_of(sent_at), 1) }}
        when {{ cutoff_comparator }} in ('after', 'at_or_after')
            then {{ date_of(sent_at) }}
    end
{%- endmacro %}
