-- What a month under a mean would cost if the mean were a gate; empty when a charged day has no known rate.
with lines as (
    select * from ({{ charge_lines(ref("int_gate_episode"), ref("int_municipality_mean")) }}) as charged
    where episode_id is not null
),

charged as (
    select
        billing_month,
        municipality_code,
        ruleset_id,
        case when count(*) = count(amount_sek) then cast(sum(amount_sek) as decimal(18, 2)) end as amount_sek
    from lines
    group by billing_month, municipality_code, ruleset_id
)

select
    month.billing_month,
    month.municipality_code,
    month.ruleset_id,
    case
        when charged.ruleset_id is null then cast(0 as decimal(18, 2))
        else charged.amount_sek
    end as amount_by_gate_sek
from {{ ref("int_municipality_mean") }} as month
left join charged
    on
        month.billing_month = charged.billing_month
        and month.municipality_code = charged.municipality_code
        and month.ruleset_id = charged.ruleset_id
where month.billing_model = 'mean_excess'
