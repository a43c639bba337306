-- What is reported without being set aside (input.md). Never a value.
with reviewed_disputes as (
    select distinct dispute_id
    from {{ ref("int_reviewed_dispute") }}
),

disputes as (
    select
        dispute.*,
        -- one from the municipality that a review base was sent to counts all the same (fct_dispute)
        not dispute.is_effective and reviewed_disputes.dispute_id is null as is_without_effect
    from {{ ref("int_dispute") }} as dispute
    left join reviewed_disputes
        on dispute.dispute_id = reviewed_disputes.dispute_id
),

reported as (
    select * from {{ ref("int_message_anomaly") }}

    union all

    select * from {{ ref("int_person_anomaly") }}

    union all

    select
        delivered.feed,
        file.delivery_date,
        file.path,
        delivered.row_number,
        delivered.anomaly_code
    from {{ ref("int_delivered_row") }} as delivered
    inner join {{ ref("stg_file") }} as file
        on delivered.file_version_id = file.file_version_id
    where delivered.anomaly_code is not null

    union all

    select
        'stays' as feed,
        delivery_date,
        path,
        row_number,
        'TIMESTAMP_IN_FUTURE' as anomaly_code
    from {{ ref("stg_stay") }}
    where
        {{ date_of("admitted_at") }} > delivery_date
        or {{ date_of("discharged_at") }} > delivery_date
        or {{ date_of("updated_at") }} > delivery_date

    union all

    select
        'disputes' as feed,
        delivery_date,
        path,
        row_number,
        'TIMESTAMP_IN_FUTURE' as anomaly_code
    from disputes
    where
        {{ date_of("raised_at") }} > delivery_date
        or {{ date_of("updated_at") }} > delivery_date

    union all

    select
        'placements' as feed,
        delivery_date,
        path,
        row_number,
        'PLACEMENT_ANNULLED' as anomaly_code
    from {{ ref("stg_placement") }}
    where valid_to < valid_from

    union all

    select
        'disputes' as feed,
        delivery_date,
        path,
        row_number,
        'DISPUTE_WITHOUT_EFFECT' as anomaly_code
    from disputes
    where is_without_effect

    union all

    select
        feed,
        delivery_date,
        path,
        cast(null as bigint) as row_number,
        anomaly_code
    from {{ ref("int_file_anomaly") }}
)

select
    feed,
    delivery_date,
    path,
    row_number,
    anomaly_code as reason_code
from reported
