-- What is reported without being set aside (input.md). Never a value.
with stays as (
    select * from {{ ref("stg_stay") }}
),

messages as (
    select * from {{ ref("stg_message") }}
),

persons as (
    select * from {{ ref("stg_person") }}
),

known_persons as (
    select distinct person_key from persons
),

disputes as (
    select * from {{ ref("int_dispute") }}
),

reported as (
    select
        delivered.feed,
        file.delivery_date,
        file.path,
        delivered.row_number,
        delivered.anomaly_code as reason_code
    from {{ ref("int_delivered_row") }} as delivered
    inner join {{ ref("stg_file") }} as file
        on delivered.file_version_id = file.file_version_id
    where delivered.anomaly_code is not null

    union all

    select
        'messages' as feed,
        message.delivery_date,
        message.path,
        message.row_number,
        'STAY_UNKNOWN' as reason_code
    from messages as message
    left join stays as stay
        on message.stay_id = stay.stay_id
    where stay.stay_id is null

    union all

    select
        'messages' as feed,
        canceller.delivery_date,
        canceller.path,
        canceller.row_number,
        case
            when target.message_id is null then 'CANCELLATION_OF_UNKNOWN_MESSAGE'
            else 'CANCELLATION_BEFORE_MESSAGE'
        end as reason_code
    from messages as canceller
    left join messages as target
        on canceller.cancels_message_id = target.message_id
    where
        canceller.cancels_message_id is not null
        and (
            target.message_id is null
            or canceller.sent_at < target.sent_at
            or (canceller.sent_at = target.sent_at and canceller.message_id <= target.message_id)
        )

    union all

    select
        'stays' as feed,
        stay.delivery_date,
        stay.path,
        stay.row_number,
        'PERSON_UNKNOWN' as reason_code
    from stays as stay
    left join known_persons as person
        on stay.person_key = person.person_key
    where person.person_key is null

    union all

    -- left out of the readmission index, and counted here
    select
        'stays' as feed,
        stay.delivery_date,
        stay.path,
        stay.row_number,
        'BIRTH_DATE_UNKNOWN' as reason_code
    from {{ ref("int_episode") }} as episode
    inner join {{ ref("int_stay_episode") }} as link
        on episode.episode_id = link.episode_id and link.stay_number_from_last = 1
    inner join stays as stay
        on link.stay_id = stay.stay_id
    inner join {{ ref("int_person_day") }} as person
        on episode.person_key = person.person_key and episode.discharge_date = person.on_date
    where
        episode.is_discharged
        and episode.discharge_type != 'deceased'
        and person.age_years is null

    union all

    select
        'stays' as feed,
        delivery_date,
        path,
        row_number,
        'TIMESTAMP_IN_FUTURE' as reason_code
    from stays
    where
        {{ date_of("admitted_at") }} > delivery_date
        or {{ date_of("discharged_at") }} > delivery_date
        or {{ date_of("updated_at") }} > delivery_date

    union all

    select
        'messages' as feed,
        delivery_date,
        path,
        row_number,
        'TIMESTAMP_IN_FUTURE' as reason_code
    from messages
    where
        {{ date_of("sent_at") }} > delivery_date
        or {{ date_of("need_assessed_at") }} > delivery_date

    union all

    select
        'disputes' as feed,
        delivery_date,
        path,
        row_number,
        'TIMESTAMP_IN_FUTURE' as reason_code
    from disputes
    where
        {{ date_of("raised_at") }} > delivery_date
        or {{ date_of("updated_at") }} > delivery_date

    union all

    select
        'disputes' as feed,
        delivery_date,
        path,
        row_number,
        'DISPUTE_WITHOUT_EFFECT' as reason_code
    from disputes
    where not is_effective

    union all

    select
        'persons' as feed,
        delivery_date,
        path,
        row_number,
        'MUNICIPALITY_CODE_UNKNOWN' as reason_code
    from persons
    where municipality_code is null and delivered_municipality_code is not null

    union all

    select
        'persons' as feed,
        person.delivery_date,
        person.path,
        person.row_number,
        case
            when district.district_name is null then 'DISTRICT_UNKNOWN'
            else 'DISTRICT_NOT_IN_FORCE'
        end as reason_code
    from persons as person
    left join {{ ref("stg_district") }} as district
        on person.delivered_district_name = district.district_name
    where
        person.delivered_district_name is not null
        and (
            district.district_name is null
            or not {{ in_force("person.delivery_date", "district.valid_from", "district.valid_to") }}
        )

    union all

    select
        feed,
        delivery_date,
        cast(null as varchar) as path,
        cast(null as bigint) as row_number,
        case when is_acknowledged then 'GAP_ACKNOWLEDGED' else 'GAP' end as reason_code
    from {{ ref("int_gap") }}

    union all

    select
        feed,
        delivery_date,
        path,
        cast(null as bigint) as row_number,
        'UNKNOWN_COLUMNS' as reason_code
    from {{ ref("stg_file") }}
    where unknown_columns > 0

    union all

    select
        feed,
        delivery_date,
        path,
        cast(null as bigint) as row_number,
        'FILE_CHANGED' as reason_code
    from {{ ref("stg_file") }}
    where status = 'refused'
)

select
    feed,
    delivery_date,
    path,
    row_number,
    reason_code
from reported
