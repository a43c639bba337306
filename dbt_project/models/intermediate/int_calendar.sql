-- Every day from 2017 to 2040, the last year of the shipped holiday calendar.
select cast(date_day as date) as calendar_date
from ({{ dbt.date_spine("day", "cast('2017-01-01' as date)", "cast('2041-01-01' as date)") }}) as spine
