"""One day more on top of what is there: a full build beside one that starts from the last."""

import json
import shutil
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from bench.measure import Cost, python, run
from bench.parts import County, NotEqualError, Say

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Morning:
    """A morning's two builds. people: who was touched of all who are known; rows: of all feeds."""

    day: date
    rows: int
    people: int
    touched: int
    costs: dict[str, Cost]


def morning(county: County, say: Say) -> list[Morning]:
    """Live the county's period; on four of its mornings, ever longer histories, build both ways.

    Raises:
        NotEqualError: the two builds made different tables.
    """
    home = county.work / f"{county.home.name}-mornings"
    shutil.rmtree(home, ignore_errors=True)
    days = (county.last - county.first).days
    lived, before = [], county.first
    for share in (8, 4, 2, 1):
        day = county.first + days // share * _DAY
        _once(county, home, "incremental", before, day - _DAY)
        say(f"{day}: the day alone, then everything")
        found = {how: _once(county, home, how, day, day) for how in ("incremental", "full")}
        one, other = found["incremental"], found["full"]
        if one["hashes"] != other["hashes"]:
            names = [each for each in one["hashes"] if one["hashes"][each] != other["hashes"][each]]
            raise NotEqualError(f"as known at {day}, other tables than a full build's: {names}")
        if not one["how"].startswith("incrementally"):
            raise NotEqualError(f"as known at {day}: built {one['how']}")
        costs = {how: each["cost"] for how, each in found.items()}
        lived.append(Morning(day, one["rows"], one["people"], one["touched"], costs))
        before = day + _DAY
    return lived


def _once(county: County, home: Path, how: str, first: date, last: date) -> dict[str, Any]:
    """Ingest the days, then build in a process of its own: only the build is measured."""
    out = county.work / "morning.json"
    place = ("--landing", county.landing, "--home", home)
    period = ("--from", first, "--to", last)
    run(python("-m", "bench.ingest_once", *place, *period, "--out", out))
    build = ("--home", home, "--as-of", last, "--build", how, "--out", out)
    run(python("-m", "bench.morning_once", *build))
    told = json.loads(out.read_text(encoding="utf-8"))
    return told | {"cost": Cost(told["seconds"], told["cpu"], told["peak_mib"])}


def section(mornings: list[Morning]) -> str:
    """The text of the page's section."""
    rows = "\n".join(
        f"| {each.day} | {each.rows} | {each.touched} of {each.people} |"
        f" {each.costs['full'].wall:.1f} | {each.costs['full'].cpu:.1f} |"
        f" {each.costs['incremental'].wall:.1f} | {each.costs['incremental'].cpu:.1f} |"
        f" {each.costs['full'].peak_mib:.0f} | {each.costs['incremental'].peak_mib:.0f} |"
        for each in mornings
    )
    columns = ["morning", "rows known", "people touched", "full, s", "CPU, s", "incremental, s"]
    columns += ["CPU, s", "full, MiB", "incremental, MiB"]
    return f"""Setting `build`: everything anew (`full`), or who was touched by the last day and by
the passing of days (`incremental`). Each in a process of its own, with data tests; without
ingestion, imports, other checks and the snapshot. Afterwards every table was equal, by hash.

| {" | ".join(columns)} |
| --- |{" ---: |" * (len(columns) - 1)}
{rows}
"""
