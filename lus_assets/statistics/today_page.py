"""Today's list as a page: who is ready and waits, per hospital unit and municipality, no persons.

Internal, beside the BI snapshot that has the same mart: small numbers are not protected. The
monthly page's own section, for anyone, is made by `today`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from lus_assets.core.home import Home
from lus_assets.publishing.building import replace_file
from lus_assets.publishing.marts import open_marts
from lus_assets.publishing.snapshot import snapshot_file
from lus_assets.statistics.definitions import RESPONSIBLE
from lus_assets.statistics.page import rendered

PAGE = "idag.html"
_MODE = 0o640
_UNIT, _MUNICIPALITY = "hospital_unit", "municipality_name"
_CARE = {"somatic": "", "psychiatric": ", psykiatri"}
_SUMS = (
    *("patients_waiting", "ready_days_to_date", "patients_with_liability", "patients_blocked"),
    *(f"patients_blocked_by_{party}" for party in RESPONSIBLE),
)


@dataclass(frozen=True)
class Line:
    """Patients who wait: of a unit, a municipality, both or all.

    days, longest: calendar days up to as_of, all and the longest wait; None without rules in
    force. liable: whose municipality is liable now. blocked: with a condition that is not met;
    blocked_by: of them, by who could change it, several of them for some.
    """

    name: str
    patients: int
    days: int | None
    longest: int | None
    liable: int
    blocked: int
    blocked_by: Mapping[str, int]


@dataclass(frozen=True)
class Group:
    """A unit with its municipalities, or a municipality with its units; the most first."""

    total: Line
    lines: Sequence[Line]


@dataclass(frozen=True)
class TodayList:
    """The whole list. county: None when nobody waits."""

    as_of: date
    county: Line | None
    units: Sequence[Group]
    municipalities: Sequence[Group]


def read_today(connection: duckdb.DuckDBPyConnection, as_of: date) -> TodayList:
    """The list of the open marts, as known at the end of `as_of`."""
    county = _lines(connection, ())
    return TodayList(
        as_of=as_of,
        county=county[0][1] if county else None,
        units=_groups(connection, _UNIT, _MUNICIPALITY),
        municipalities=_groups(connection, _MUNICIPALITY, _UNIT),
    )


def today_html(today: TodayList) -> bytes:
    """The page of the list, UTF-8.

    Raises:
        KeyError: a care type has no Swedish word.
    """
    return rendered("today.html.j2", today=today)


def publish_today(home: Home, as_of: date) -> Path:
    """Write the page beside the snapshot of `as_of`; readers find the old one or the new one.

    Raises:
        LusError: no marts of that as_of.
    """
    with open_marts(home, as_of) as connection:
        content = today_html(read_today(connection, as_of))
    target = snapshot_file(home, as_of).with_name(PAGE)
    replace_file(home.published, target, content, _MODE)
    return target


def _groups(connection: duckdb.DuckDBPyConnection, by: str, within: str) -> list[Group]:
    lines: dict[str, list[Line]] = {}
    for (name, *_), line in _lines(connection, (by, within, "care_type")):
        lines.setdefault(name, []).append(line)
    return [Group(total, lines[name]) for (name,), total in _lines(connection, (by,))]


def _lines(
    connection: duckdb.DuckDBPyConnection, keys: tuple[str, ...]
) -> list[tuple[tuple[Any, ...], Line]]:
    """The mart's rows added up by these columns, the most patients first; none when nobody waits.

    A line is called by its last column that names a place, and by its care type when psychiatric.
    """
    columns = ", ".join((*keys, "max(longest_ready_days_to_date)", *(f"sum({it})" for it in _SUMS)))
    order = ", ".join(("sum(patients_waiting) desc", *keys))
    found = connection.execute(
        f"select {columns} from marts.fct_waiting_today"
        f" group by {', '.join(keys) or '()'} having count(*) > 0 order by {order}"
    ).fetchall()
    return [(row[: len(keys)], _line(row[: len(keys)], row[len(keys) :])) for row in found]


def _line(key: tuple[Any, ...], figures: tuple[Any, ...]) -> Line:
    longest, patients, days, liable, blocked, *by = figures
    name = "Hela länet"
    if key:
        name = key[0] if len(key) == 1 else f"{key[1]}{_CARE[key[2]]}"
    return Line(name, int(patients), days, longest, int(liable), int(blocked), _by_party(by))


def _by_party(counts: Sequence[Any]) -> dict[str, int]:
    parties = zip(RESPONSIBLE.values(), counts, strict=True)
    return {party: int(patients) for party, patients in parties if patients}
