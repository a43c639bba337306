"""What was published of a month, as an attacker reads it: counts shown, counts withheld."""

import csv
from datetime import date
from pathlib import Path
from typing import Any

from lus_assets.statistics.differences import KEY
from lus_assets.warehouse.project import DBT_PROJECT
from tests.unit.statistics.attacker import Key, Published

ON_DAY_ZERO, AFTER_DAY_ZERO = "episodes_on_day_zero", "episodes_after_day_zero"
_CONTAINERS = {
    "episodes_discharged": "",
    "episodes_billable": "episodes_discharged",
    ON_DAY_ZERO: "episodes_billable",
    AFTER_DAY_ZERO: "ready_days",
    "ready_days": "ready_days_all",
    "ready_days_all": "",
    "liable_days": "ready_days",
    "withdrawn_ready_days": "",
    "readmissions_index_65": "",
    "readmissions_7_days_65": "readmissions_index_65",
}
# ratios that show a count which has no row of its own: measure -> count, and which part it is
_PARTS = {
    "share_discharged_on_day_zero": (ON_DAY_ZERO, "numerator"),
    "mean_ready_days_excluding_zero": (AFTER_DAY_ZERO, "denominator"),
}


def rows_of(path: Path) -> list[dict[str, str]]:
    """A published CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def containers() -> dict[str, str]:
    """Every count -> the one that it lies within by definition, or nothing."""
    found = dict(_CONTAINERS)
    for row in rows_of(DBT_PROJECT / "seeds" / "finding.csv"):
        party = f"episodes_blocked_by_{row['responsible']}"
        is_blocking = row["is_blocking"] == "true"
        within = party if is_blocking else "episodes_discharged"
        found[f"episodes_with_{row['finding_code'].lower()}"] = within
        if is_blocking:
            found[party] = "episodes_discharged"
    return found


def published(rows: list[dict[str, str]]) -> Published:
    """A month's published rows, with the counts that its ratios show."""
    counts = containers()
    shown: dict[Key, int] = {}
    withheld: set[Key] = set()
    for row in rows:
        measure, part = _PARTS.get(row["measure"], (row["measure"], "numerator"))
        if measure not in counts:
            continue
        key = (*(row[name] for name in KEY[:3]), measure)
        if row["value_status"] == "suppressed":
            withheld.add(key)
        else:
            shown[key] = int(row[part])
    return Published(shown, frozenset(withheld), counts)


def truth(ask: Any, month: date) -> dict[Key, int]:
    """The month's counts of places, as the internal mart has them."""
    counts = containers()
    found: dict[Key, int] = {}
    for *place, measure, numerator, denominator in ask(
        "select geography_level, geography_code, care_type, measure, numerator, denominator"
        " from marts.fct_statistic where geography_level in ('municipality', 'district')"
        f" and month = date '{month}'"
    ):
        name, part = _PARTS.get(measure, (measure, "numerator"))
        if name in counts:
            found[place[0], place[1], place[2], name] = (
                numerator if part == "numerator" else denominator
            )
    return found
