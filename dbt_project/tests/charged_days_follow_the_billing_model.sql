{{ config(meta={"dagster": {"ref": {"name": "fct_municipality_month"}}}) }}

select months.billing_month
from {{ ref("fct_municipality_month") }} as months
inner join {{ ref("dim_ruleset") }} as ruleset
    on months.ruleset_id = ruleset.ruleset_id
where
    not case ruleset.billing_model
        when 'individual' then months.charged_days = months.liable_days
        when 'mean_gate'
            then months.charged_days = case when months.exceeds_level then months.liable_days else 0 end
        when 'mean_excess' then (months.charged_days > 0) = months.exceeds_level
        when 'mean_excess_cutout' then months.charged_days > 0 or not months.exceeds_level
    end
