-- What became different since a month's review base was issued: its episodes that are known otherwise now or
-- left the municipality's month, and those that came into it.
{%- set facts = [
    "ruleset_id", "discharge_date", "liability_entry_date", "ready_days", "liable_days", "is_billable_before_disputes",
] %}
with known as (
    select
        episode.episode_id,
        episode.billing_month,
        episode.discharge_date,
        liability.is_protected,
        -- where it is billed, if it is
        case when day.ruleset_id is not null then liability.liable_municipality_code end as municipality_code,
        day.ruleset_id,
        day.liability_entry_date,
        day.ready_days,
        day.liable_days,
        billable.is_billable_before_disputes
    from {{ ref("int_episode") }} as episode
    inner join {{ ref("int_episode_liability") }} as liability
        on episode.episode_id = liability.episode_id
    inner join {{ ref("int_episode_day") }} as day
        on episode.episode_id = day.episode_id
    inner join {{ ref("int_episode_billable") }} as billable
        on episode.episode_id = billable.episode_id
),

protected_people as (
    select distinct person_key
    from {{ ref("int_person_day") }}
    where is_protected
),

-- an episode that is in no process any more is nobody's business either: its stays tell whose it was
protected_reviewed as (
    select distinct
        frozen.sequence as review_sequence,
        frozen.episode_id
    from {{ source("lake", "reviewed_stay") }} as frozen
    inner join {{ ref("stg_stay") }} as stay
        on frozen.stay_id = stay.stay_id
    inner join protected_people
        on stay.person_key = protected_people.person_key
),

upheld as (
    select
        dispute.episode_id,
        max(file.known_from) as known_from
    from {{ ref("int_dispute") }} as dispute
    inner join {{ ref("stg_file") }} as file
        on dispute.path = file.path
    where dispute.is_effective and dispute.status = 'upheld' and file.status = 'accepted'
    group by dispute.episode_id
),

compared as (
    select
        frozen.review_sequence,
        frozen.billing_month,
        frozen.municipality_code,
        frozen.episode_id,
        coalesce(
            known.billing_month = frozen.billing_month and known.municipality_code = frozen.municipality_code, false
        ) as is_there,
        {{ any_differs("known", "frozen", facts) }} as has_other_facts,
        -- what was upheld before was known to the review base
        known.is_billable_before_disputes and coalesce(upheld.known_from > review.as_of, false) as is_upheld,
        coalesce(known.is_protected, protected_reviewed.episode_id is not null) as is_protected
    from {{ ref("int_reviewed_episode") }} as frozen
    inner join {{ ref("stg_review") }} as review
        on frozen.review_sequence = review.review_sequence
    left join upheld
        on frozen.episode_id = upheld.episode_id
    left join known
        on frozen.episode_id = known.episode_id
    left join protected_reviewed
        on
            frozen.review_sequence = protected_reviewed.review_sequence
            and frozen.episode_id = protected_reviewed.episode_id
),

reviewed_months as (
    select
        billing_month,
        max(review_sequence) as review_sequence
    from {{ ref("stg_review") }}
    group by billing_month
)

select
    compared.review_sequence,
    compared.billing_month,
    compared.municipality_code,
    compared.episode_id,
    case when compared.is_there then 'changed' else 'disappeared' end as change_type,
    compared.is_there and not compared.has_other_facts as is_dispute_only,
    compared.is_protected
from compared
where not compared.is_there or compared.has_other_facts or compared.is_upheld

union all

select
    coalesce(review.review_sequence, reviewed_months.review_sequence) as review_sequence,
    known.billing_month,
    known.municipality_code,
    known.episode_id,
    'appeared' as change_type,
    false as is_dispute_only,
    false as is_protected
from known
inner join reviewed_months
    on known.billing_month = reviewed_months.billing_month
left join {{ ref("stg_review") }} as review
    on known.billing_month = review.billing_month and known.municipality_code = review.municipality_code
left join {{ ref("int_reviewed_episode") }} as frozen
    on
        known.billing_month = frozen.billing_month
        and known.municipality_code = frozen.municipality_code
        and known.episode_id = frozen.episode_id
where known.municipality_code is not null and frozen.episode_id is null
