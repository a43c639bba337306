{{ with_own_rows("holiday", key=["holiday_calendar", "holiday_date"]) }}
