"""What day and time it is where the business is."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from lus_assets.core.errors import LusError

TIME_ZONE = "Europe/Stockholm"
STOCKHOLM = ZoneInfo(TIME_ZONE)


def today() -> date:
    """The day that it is in Sweden."""
    return datetime.now(STOCKHOLM).date()


def refuse_to_come(day: date, where: str) -> date:
    """The day, unless it is yet to come: nothing can be known of it.

    where: the option or command that named it.

    Raises:
        LusError: it is.
    """
    if day > today():
        raise LusError(
            f"{day} is yet to come", where=where, todo=f"give {today()} or an earlier day"
        )
    return day
