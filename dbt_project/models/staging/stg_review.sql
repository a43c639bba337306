-- The review base that stands for a month and municipality: its newest version.
with ranked as (
    select
        issue.*,
        row_number() over (
            partition by issue.billing_month, issue.municipality_code
            order by issue.version desc
        ) as nth_from_last
    from {{ source("lake", "issue") }} as issue
    where issue.kind = 'review'
)

select
    ranked.sequence as review_sequence,
    ranked.billing_month,
    ranked.municipality_code,
    ranked.version,
    ranked.as_of,
    ranked.objections_until
from ranked
where ranked.nth_from_last = 1
