"""How new what people read must be, and how new it is.

Belongs here: what is expected by when. Does not: building anything, nor what runs recorded.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from lus_assets.core.home import Home
from lus_assets.invoicing.calendar import month_statuses
from lus_assets.publishing.release import find_versions

STATISTICS_DAY = 5
"""Day of the following month on which the schedule publishes a month's statistics."""


@dataclass(frozen=True)
class Freshness:
    """found: how new it is, as ISO date or month; empty when it is not there at all."""

    found: str
    expected: str

    @property
    def is_fresh(self) -> bool:
        """Is it at least as new as expected?"""
        return self.found >= self.expected


def expected_day(today: date, days: int) -> str:
    """The delivery day that must be known on a morning; days: how old that may be."""
    return (today - timedelta(days=days)).isoformat()


def expected_month(today: date) -> str:
    """The newest month whose statistics must be out on a morning."""
    before = today.replace(day=1) - timedelta(days=1)
    if today.day < STATISTICS_DAY:
        before = before.replace(day=1) - timedelta(days=1)
    return f"{before:%Y-%m}"


def snapshot_freshness(home: Home, today: date, days: int) -> Freshness:
    """What the BI snapshot knows."""
    as_of, _ = month_statuses(home)
    return Freshness(as_of.isoformat() if as_of else "", expected_day(today, days))


def statistics_freshness(home: Home, today: date) -> Freshness:
    """The newest month that has a release."""
    folders = sorted((home.published / "statistics").glob("????-??"))
    months = [folder.name for folder in folders if find_versions(folder)]
    return Freshness(months[-1] if months else "", expected_month(today))
