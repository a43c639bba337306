"""A simulated county's year, released month by month as a region would, and followed up."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from lus_assets.core.home import Home
from lus_assets.simulation import simulate
from lus_assets.statistics.release import publish_statistics
from orchestration.commands import follow_up, run

YEAR = 2024
MONTHS = [date(YEAR, month, 1) for month in range(1, 13)]
LAST_DELIVERY = date(YEAR + 1, 1, 12)
EARLY = date(YEAR, 3, 1)
"""A month that is published the day after it ended too, while readmissions are preliminary."""


@dataclass(frozen=True)
class Year:
    """Where the releases are, and what the commands said."""

    home: Home
    said: list[str] = field(default_factory=list)

    @property
    def statistics(self) -> Path:
        return self.home.published / "statistics"


def days_of_release() -> Iterator[tuple[date, date]]:
    """Month and as_of: nine days into the next month, when follow-up is over."""
    for month in MONTHS:
        after = (month + timedelta(days=31)).replace(day=1)
        if month == EARLY:
            yield month, after + timedelta(days=1)
        yield month, after + timedelta(days=8)


def live_a_year(folder: Path, population: int) -> Year:
    """Simulate, release twelve months as they come, all of them again at the end, and the year."""
    landing, year = folder / "landing", Year(Home(folder / "home").prepare())
    simulate(landing, MONTHS[0], LAST_DELIVERY, population=population)
    held = [
        f"ready_days_all,all,2017-{each:%m-%d},{population // 900},2024-01-01" for each in MONTHS
    ]
    heading = "measure,care_type,reference_month,value,valid_from"
    (year.home.region / "reference_series.csv").write_text("\n".join([heading, *held]) + "\n")
    for month, as_of in days_of_release():
        run(year.home, landing, month, as_of, "statistics", year.said.append)
    follow_up(year.home, landing, YEAR, LAST_DELIVERY, year.said.append)
    for month in MONTHS:
        publish_statistics(year.home, month, LAST_DELIVERY)
    return year
