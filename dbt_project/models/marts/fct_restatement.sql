with changes as (
    select
        restated.*,
        row_number() over (
            partition by restated.billing_month, restated.episode_id, restated.is_protected
            order by restated.review_sequence desc
        ) as nth
    from {{ ref("int_restated_episode") }} as restated
)

select
    changes.billing_month,
    -- where a person with protected identity lived is told to no one
    case when not changes.is_protected then changes.municipality_code end as municipality_code,
    changes.episode_id,
    changes.change_type,
    case
        when changes.is_dispute_only then 'dispute'
        when cause.path is not null then 'delivery'
        else 'rules'
    end as changed_by,
    cause.feed,
    cause.delivery_date,
    cause.path,
    cause.row_number,
    review.as_of as reviewed_as_of,
    frozen.ruleset_id as ruleset_id_reviewed,
    frozen.discharge_date as discharge_date_reviewed,
    frozen.liability_entry_date as liability_entry_date_reviewed,
    frozen.ready_days as ready_days_reviewed,
    frozen.liable_days as liable_days_reviewed,
    frozen.is_billable_before_disputes as is_billable_reviewed,
    known.liable_municipality_code as municipality_code_now,
    known.ruleset_id as ruleset_id_now,
    known.discharge_date as discharge_date_now,
    known.liability_entry_date as liability_entry_date_now,
    known.ready_days as ready_days_now,
    known.liable_days as liable_days_now,
    known.is_billable as is_billable_now
from changes
inner join {{ ref("stg_review") }} as review
    on changes.review_sequence = review.review_sequence
left join {{ ref("int_reviewed_episode") }} as frozen
    on
        changes.review_sequence = frozen.review_sequence
        and changes.episode_id = frozen.episode_id
        and changes.change_type != 'appeared'
left join {{ ref("fct_discharge_episode") }} as known
    on changes.episode_id = known.episode_id
left join {{ ref("int_restatement_cause") }} as cause
    on
        changes.billing_month = cause.billing_month
        and changes.municipality_code = cause.municipality_code
        and changes.episode_id = cause.episode_id
where changes.nth = 1 or not changes.is_protected
