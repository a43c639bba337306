"""The monthly statistics before small numbers are protected."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from .episodes import Episode
from .findings import Judged
from .months import MonthKey
from .people import STOCKHOLM_CITY
from .rules import Rules

FigureKey = tuple[date, str, str, str, str]
BLOCKERS = ("inpatient", "outpatient", "region", "patient", "none")
Cell = tuple[date, str, str, str]


@dataclass(frozen=True)
class Figure:
    """A measure's value (None: not applicable) and whether it is preliminary."""

    value: Decimal | None
    preliminary: bool = False


def monthly_statistics(
    judged: list[Judged],
    months: dict[MonthKey, dict[str, Any]],
    index_rows: dict[str, dict[str, Any]],
    episodes: list[Episode],
    rules: Rules,
) -> dict[FigureKey, Figure]:
    """Every measure that has a patient behind it, by month, geography and care type."""
    discharged: dict[Cell, list[Judged]] = defaultdict(list)
    for one in judged:
        if one.row["is_discharged"]:
            place = (one.place.municipality, one.place.district)
            for cell in _cells(one.row["billing_month"], place, one.row["care_type"], rules):
                discharged[cell].append(one)
    as_of = episodes[0].as_of if episodes else date.max
    care_types = {episode.id: episode.last["care_type"] for episode in episodes}
    indexes: dict[Cell, list[dict[str, Any]]] = defaultdict(list)
    for row in index_rows.values():
        month = row["discharge_date"].replace(day=1)
        place = (row["municipality_code"], row["district_code"])
        for cell in _cells(month, place, care_types[row["index_episode_id"]], rules):
            indexes[cell].append(row)

    figures: dict[FigureKey, Figure] = {}
    for cell, group in discharged.items():
        for measure, value in _process_measures(group, rules):
            figures[(*cell, measure)] = Figure(value, _is_preliminary(cell[0], as_of, days=0))
    for cell, rows in indexes.items():
        for measure, value in _readmission_measures(rows):
            figures[(*cell, measure)] = Figure(value, _is_preliminary(cell[0], as_of, days=7))
    above: dict[date, set[str]] = defaultdict(set)
    for (month, municipality, _), row in months.items():
        above[month] |= {municipality} if row["exceeds_level"] else set()
    for month, municipalities in above.items():
        key = (month, "county", rules.region, "all", "municipalities_above_level")
        is_preliminary = _is_preliminary(month, as_of, days=0)
        figures[key] = Figure(Decimal(len(municipalities)), is_preliminary)
    return figures


def _cells(
    month: date, place: tuple[str | None, str | None], care_type: str, rules: Rules
) -> Iterator[Cell]:
    municipality, district = place
    if municipality is None:
        code = "unknown"
    else:
        code = municipality if municipality in rules.region_municipalities else "other"
    for care in (care_type, "all"):
        yield month, "county", rules.region, care
        yield month, "municipality", code, care
        if code == STOCKHOLM_CITY:
            yield month, "district", district or "unknown", care


def _process_measures(group: list[Judged], rules: Rules) -> Iterator[tuple[str, Decimal | None]]:
    billable = [one for one in group if one.row["is_billable"]]
    days = sorted(one.row["ready_days"] for one in billable)
    counts = {
        "episodes_discharged": len(group),
        "episodes_billable": len(billable),
        "ready_days": sum(days),
        "ready_days_all": sum(one.row["ready_days"] or 0 for one in group),
        "liable_days": sum(one.row["liable_days"] for one in billable),
        "withdrawn_ready_days": sum(one.row["withdrawn_ready_days"] or 0 for one in group),
    }
    for code in rules.findings:
        counts[f"episodes_with_{code.lower()}"] = sum(code in one.findings for one in group)
    for blocker in BLOCKERS:
        codes = {
            code
            for code, row in rules.findings.items()
            if row["is_blocking"] == "true" and row["responsible"] == blocker
        }
        counts[f"episodes_blocked_by_{blocker}"] = sum(bool(codes & o.findings) for o in group)
    for measure, count in counts.items():
        yield measure, Decimal(count)
    waited = [number for number in days if number > 0]
    yield "share_billable", _ratio(len(billable), len(group))
    yield "mean_ready_days", _ratio(sum(days), len(days))
    yield "mean_ready_days_excluding_zero", _ratio(sum(waited), len(waited))
    yield "median_ready_days", _nearest_rank(days, 50)
    yield "p90_ready_days", _nearest_rank(days, 90)
    yield "share_discharged_on_day_zero", _ratio(len(days) - len(waited), len(days))


def _readmission_measures(rows: list[dict[str, Any]]) -> Iterator[tuple[str, Decimal | None]]:
    followed = [row for row in rows if row["is_follow_up_complete"]]
    back = sum(row["is_readmitted_within_7_days"] for row in followed)
    yield "readmissions_index_65", Decimal(len(followed))
    yield "readmissions_7_days_65", Decimal(back)
    yield "share_readmitted_7_days_65", _ratio(back, len(followed))


def _ratio(part: int, whole: int) -> Decimal | None:
    return Decimal(part) / whole if whole else None


def _nearest_rank(ordered: list[int], percent: int) -> Decimal | None:
    """The smallest value that at least `percent` of all values do not exceed."""
    if not ordered:
        return None
    return Decimal(ordered[-(-len(ordered) * percent // 100) - 1])


def _is_preliminary(month: date, as_of: date, days: int) -> bool:
    """Are the month and so many days after it not past?"""
    last_day = (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return last_day + timedelta(days=days) >= as_of
