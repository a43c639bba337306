-- A month's calendar: when its review base is due, until when objections count, when its invoice base is due. A
-- due date on a weekend or holiday moves to the next weekday (the national calendar's).
with known as (
    select min(billing_month) as first_month
    from {{ ref("int_municipality_mean") }}
),

months as (
    select distinct {{ month_of("calendar.calendar_date") }} as billing_month
    from {{ ref("int_calendar") }} as calendar
    cross join {{ ref("stg_run") }} as run
    cross join known
    left join {{ source("lake", "disposed_month") }} as disposed
        on {{ month_of("calendar.calendar_date") }} = disposed.month
    where
        calendar.calendar_date >= known.first_month and calendar.calendar_date <= run.as_of
        and disposed.month is null
),

reviews as (
    select
        billing_month,
        count(*) as review_bases,
        min(as_of) as reviewed_as_of,
        max(objections_until) as objections_until
    from {{ ref("stg_review") }}
    group by billing_month
),

dated as (
    select
        months.billing_month,
        run.as_of,
        cast({{ dbt.dateadd("month", 1, "months.billing_month") }} as date) <= run.as_of as is_over,
        {{ add_days(
            "cast(" ~ dbt.dateadd("month", 1, "months.billing_month") ~ " as date)", "run.review_day - 1"
        ) }} as review_day,
        reviews.reviewed_as_of,
        coalesce(reviews.review_bases, 0) as review_bases,
        {{ objections_until("reviews", "months.billing_month", "run") }} as objections_until
    from months
    cross join {{ ref("stg_run") }} as run
    left join reviews
        on months.billing_month = reviews.billing_month
)

select
    dated.billing_month,
    dated.as_of,
    dated.is_over,
    review_weekday.next_weekday as review_due_on,
    dated.reviewed_as_of,
    dated.review_bases,
    dated.objections_until,
    invoice_weekday.next_weekday as invoice_due_on
from dated
inner join {{ ref("int_weekday") }} as review_weekday
    on dated.review_day = review_weekday.calendar_date and review_weekday.holiday_calendar = 'se-2018'
inner join {{ ref("int_weekday") }} as invoice_weekday
    on dated.objections_until = invoice_weekday.calendar_date and invoice_weekday.holiday_calendar = 'se-2018'
