-- What a month charges: as its review base froze it once that is issued, until then as it is known.
select
    line.*,
    true as is_reviewed
from {{ ref("int_reviewed_line") }} as line

union all

select
    line.*,
    false as is_reviewed
from {{ ref("int_charge_line") }} as line
left join {{ ref("stg_review") }} as review
    on line.billing_month = review.billing_month and line.municipality_code = review.municipality_code
where review.review_sequence is null
