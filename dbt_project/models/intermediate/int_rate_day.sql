-- The daily rate in force on every day of every rate table; own rows first, then the latest start.
-- A day without a row has no known rate.
with ranked as (
    select
        rate.rate_source,
        calendar.calendar_date,
        rate.rate_sek,
        row_number() over (
            partition by rate.rate_source, calendar.calendar_date
            order by case when rate.is_own then 0 else 1 end, rate.valid_from desc
        ) as nth
    from {{ ref("stg_daily_rate") }} as rate
    inner join {{ ref("int_calendar") }} as calendar
        on {{ in_force("calendar.calendar_date", "rate.valid_from", "rate.valid_to") }}
)

select
    rate_source,
    calendar_date,
    rate_sek
from ranked
where nth = 1
