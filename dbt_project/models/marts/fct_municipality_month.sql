with months as (
    select * from ({{ municipality_months(ref("int_municipality_mean"), ref("int_charge_line")) }}) as month
)

select
    months.*,
    gate.amount_by_gate_sek
from months
left join {{ ref("int_gate_amount") }} as gate
    on
        months.billing_month = gate.billing_month
        and months.municipality_code = gate.municipality_code
        and months.ruleset_id = gate.ruleset_id
