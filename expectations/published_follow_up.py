"""The border where the yearly follow-up goes out: what its figures promise, read back from disk.

As for the months (`published`): files as the manifest says, one figure per place, care type and
measure of closed lists, values only where their state says so, and no small count of a place.
"""

from datetime import date

from expectations.adapter import BorderResult, Checked, together
from expectations.published import (
    GEOGRAPHY_LEVELS,
    figures_hold,
    files_hold,
    is_protected,
    read_table,
)
from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.publishing.release import find_versions

_TABLE = "yearly_follow_up"


def check_published_follow_up(home: Home, day: date) -> BorderResult:
    """Check the newest version of the follow-up of a year (`day`: any day of it).

    Raises:
        LusError: there is none, or its manifest cannot be read.
    """
    place = home.published / "statistics" / f"{day.year}"
    versions = find_versions(place)
    if not versions:
        raise LusError(
            f"no follow-up of {day.year} is published",
            where=str(place),
            todo="publish it first: lus follow-up",
        )
    folder = versions[-1].folder
    intact = list(files_hold(folder, [_TABLE]))
    if not all(each.holds for each in intact):
        return together("published.follow_up", intact)
    frame = read_table(folder / f"{_TABLE}.parquet").to_pandas()
    key = ["geography_level", "geography_code"]
    sets = {"geography_level": GEOGRAPHY_LEVELS}
    return together(
        "published.follow_up",
        intact,
        figures_hold("follow-up", frame, key, sets, "follow_up_year"),
        [
            Checked(
                "no small count stands on municipality and district rows",
                is_protected(folder, frame),
            )
        ],
    )
