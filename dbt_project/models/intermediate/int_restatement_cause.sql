-- The newest delivered row behind each change since a review base: of the episodes that its stays were in or
-- are in, else of the person's placements and earlier stays, which may have decided before. Disputes explain
-- a change that is theirs alone, and no other.
with changes as (
    select
        restated.*,
        review.as_of as reviewed_as_of
    from {{ ref("int_restated_episode") }} as restated
    inner join {{ ref("stg_review") }} as review
        on restated.review_sequence = review.review_sequence
),

stays as (
    select
        changes.*,
        frozen.stay_id
    from changes
    inner join {{ source("lake", "reviewed_stay") }} as frozen
        on changes.review_sequence = frozen.sequence and changes.episode_id = frozen.episode_id
    union distinct
    select
        changes.*,
        link.stay_id
    from changes
    inner join {{ ref("int_stay_episode") }} as link
        on changes.episode_id = link.episode_id
),

related as (
    select distinct
        stays.* {{ except_columns(["stay_id"]) }},
        link.episode_id as related_episode_id,
        stay.person_key,
        stay.admitted_at
    from stays
    inner join {{ ref("int_stay_episode") }} as link
        on stays.stay_id = link.stay_id
    inner join {{ ref("stg_stay") }} as stay
        on stays.stay_id = stay.stay_id
),

delivered as (
    select
        related.*,
        1 as distance,
        evidence.feed,
        evidence.path,
        evidence.row_number
    from related
    inner join {{ ref("int_restated_evidence") }} as evidence
        on related.related_episode_id = evidence.episode_id
    where evidence.used_for not in ('no_effect', 'receipt', 'message_after_discharge')
    union all
    select
        related.*,
        2 as distance,
        'placements' as feed,
        placement.path,
        placement.row_number
    from related
    inner join {{ ref("stg_placement") }} as placement
        on related.person_key = placement.person_key
    union all
    select
        related.*,
        2 as distance,
        'stays' as feed,
        stay.path,
        stay.row_number
    from related
    inner join {{ ref("stg_stay") }} as stay
        on related.person_key = stay.person_key and related.admitted_at > stay.admitted_at
),

ranked as (
    select
        delivered.*,
        file.delivery_date,
        row_number() over (
            partition by delivered.billing_month, delivered.municipality_code, delivered.episode_id
            order by delivered.distance asc, file.known_from desc, delivered.path desc, delivered.row_number desc
        ) as nth
    from delivered
    inner join {{ ref("stg_file") }} as file
        on delivered.path = file.path
    where
        -- not a content that was refused under the same path
        file.status = 'accepted'
        and file.known_from > delivered.reviewed_as_of
        and (delivered.feed = 'disputes') = delivered.is_dispute_only
)

select
    billing_month,
    municipality_code,
    episode_id,
    feed,
    delivery_date,
    path,
    row_number
from ranked
where nth = 1
