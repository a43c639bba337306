-- Weekdays (Monday to Friday, not a holiday) counted through each holiday calendar, so that the n-th
-- weekday after a day is found by its number.
with calendars as (
    select distinct holiday_calendar
    from {{ ref("stg_holiday") }}
),

days as (
    select
        calendars.holiday_calendar,
        calendar.calendar_date,
        -- 2017-01-02 was a Monday
        mod({{ days_between("cast('2017-01-02' as date)", "calendar.calendar_date") }} + 7, 7) < 5
        and holiday.holiday_date is null as is_weekday
    from calendars
    cross join {{ ref("int_calendar") }} as calendar
    left join {{ ref("stg_holiday") }} as holiday
        on
            calendars.holiday_calendar = holiday.holiday_calendar
            and calendar.calendar_date = holiday.holiday_date
)

select
    *,
    sum(case when is_weekday then 1 else 0 end) over (
        partition by holiday_calendar order by calendar_date
        rows between unbounded preceding and current row
    ) as weekday_number,
    -- the day itself, or the first weekday after it
    min(case when is_weekday then calendar_date end) over (
        partition by holiday_calendar order by calendar_date
        rows between current row and unbounded following
    ) as next_weekday
from days
