"""Local clock time as whole seconds since 1970-01-01 00:00 on Stockholm's clocks.

No host zone and no wall clock: offsets follow the rule in force since 1996 (summer time from the
last Sunday of March 02:00 to the last Sunday of October 03:00, local time).
"""

from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from lus_assets.simulation.columns import NONE, Array, Text

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR
NOON = 12 * HOUR

STYLES = ("local", "offset", "utc", "minutes")
"""How a sending system writes time: bare, with its offset, as UTC with Z, without seconds."""


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - date(1970, 1, 1)).days


def as_date(number: int) -> date:
    """The day of a day number."""
    return date(1970, 1, 1) + timedelta(days=int(number))


def weekday(days: Array) -> Array:
    """0 is Monday."""
    return (days + 3) % 7


def yyyymmdd(days: Array) -> Array:
    """Day numbers as 20240131, for ids."""
    moment = days.astype("datetime64[D]")
    months = moment.astype("datetime64[M]")
    month = months.astype(np.int64)
    return (
        (1970 + month // 12) * 10000
        + (month % 12 + 1) * 100
        + (moment - months).astype(np.int64)
        + 1
    )


def month_of(days: Array) -> Array:
    """Months since 1970-01."""
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def _last_sunday(year: int, month: int) -> date:
    last = date(year, month, 31)
    return last - timedelta(days=(last.weekday() + 1) % 7)


def _summer(times: Array) -> tuple[Array, Array]:
    """Start and end of summer time in each time's year."""
    years = times.astype("datetime64[s]").astype("datetime64[Y]").astype(np.int64) + 1970
    first = int(years.min())
    span = range(first, int(years.max()) + 1)
    start = np.array([day_number(_last_sunday(y, 3)) * DAY + 2 * HOUR for y in span])
    end = np.array([day_number(_last_sunday(y, 10)) * DAY + 3 * HOUR for y in span])
    return start[years - first], end[years - first]


def existing(times: Array) -> Array:
    """Times in the hour that the spring night skips, moved on by that hour."""
    if len(times) == 0:
        return times
    start, _ = _summer(times)
    return np.where((times >= start) & (times < start + HOUR), times + HOUR, times)


def utc_offset(times: Array) -> Array:
    """Seconds ahead of UTC; the hour that comes twice in autumn is taken as the first one."""
    if len(times) == 0:
        return times
    start, end = _summer(times)
    return np.where((times >= start) & (times < end), 2 * HOUR, HOUR)


def iso(times: Array, styles: Array) -> Text:
    """ISO 8601 text in each row's style (index into STYLES); null where there is no time."""
    missing = times == NONE
    times = np.where(missing, 0, times)
    offset = utc_offset(times)
    utc = styles == STYLES.index("utc")
    text = np.datetime_as_string(np.where(utc, times - offset, times).astype("datetime64[s]"))
    endings = np.array(["", "+01:00", "+02:00", "Z"])
    ending = np.where(styles == STYLES.index("offset"), offset // HOUR, np.where(utc, 3, 0))
    short = styles == STYLES.index("minutes")
    text = np.where(short, text.astype("U16"), text)
    return pa.array(np.char.add(text, endings[ending]), pa.string(), mask=missing)


def iso_day(days: Array) -> Text:
    """ISO 8601 dates; null where there is none."""
    missing = days == NONE
    text = np.datetime_as_string(np.where(missing, 0, days).astype("datetime64[D]"))
    return pa.array(text, pa.string(), mask=missing)


def office(times: Array) -> Array:
    """Same day, between 8 and 16 o'clock, order kept: when people at desks do things."""
    day = times // DAY
    return day * DAY + 8 * HOUR + (times - day * DAY) // 3
