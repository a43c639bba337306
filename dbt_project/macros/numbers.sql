{#- Whole-number division, rounded towards zero. -#}
{% macro int_divide(dividend, divisor) -%}
    {{ return(adapter.dispatch("int_divide", "lus")(dividend, divisor)) }}
{%- endmacro %}

{% macro default__int_divide(dividend, divisor) -%}
    ({{ dividend }}) / ({{ divisor }})
{%- endmacro %}

{% macro duckdb__int_divide(dividend, divisor) -%}
    ({{ dividend }}) // ({{ divisor }})
{%- endmacro %}

{% macro spark__int_divide(dividend, divisor) -%}
    ({{ dividend }}) div ({{ divisor }})
{%- endmacro %}

{#- numerator / denominator of two whole numbers (numerator not negative), rounded half-up to a
    number of decimals (0 to 4); null when the denominator is zero. No floating point on the way. -#}
{% macro ratio_half_up(numerator, denominator, decimals) -%}
    cast(
        cast(
            {{ int_divide(
                "2 * cast(" ~ numerator ~ " as bigint) * " ~ (10 ** decimals) ~ " + " ~ denominator,
                "nullif(2 * cast(" ~ denominator ~ " as bigint), 0)"
            ) }} as decimal(18, 4)
        ) * cast({{ "%.4f" | format(10 ** -decimals) }} as decimal(5, 4)) as decimal(18, 4)
    )
{%- endmacro %}

{#- ratio_half_up with the decimals of a row; an exact value cannot be shown, so null stays null. -#}
{% macro ratio_half_up_by(numerator, denominator, decimals_column) -%}
    case {{ decimals_column }}
        {%- for decimals in range(5) %}
        when {{ decimals }} then {{ ratio_half_up(numerator, denominator, decimals) }}
        {%- endfor %}
    end
{%- endmacro %}
