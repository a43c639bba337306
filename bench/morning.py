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
        _ingest(county, home, before, day - _DAY)
        built(county.work, home, "incremental", day - _DAY)
        _ingest(county, home, day, day)
        lived.append(both_ways(county.work, home, day, say))
        before = day + _DAY
    return lived


def both_ways(work: Path, home: Path, day: date, say: Say) -> Morning:
    """Build what came since the home's last build, then everything; both as known at `day`.

    Raises:
        NotEqualError: they made different tables, or the first could not start from the last build.
    """
    found = {}
    for how in ("incremental", "full"):
        say(f"{day}: {how} build")
        found[how] = built(work, home, how, day)
        if how == "incremental" and not found[how]["how"].startswith("incrementally"):
            raise NotEqualError(f"as known at {day}: built {found[how]['how']}")
    one, other = found["incremental"], found["full"]
    mine, full = one["hashes"], other["hashes"]
    if names := [each for each in mine | full if mine.get(each) != full.get(each)]:
        raise NotEqualError(f"as known at {day}, other tables than a full build's: {names}")
    costs = {
        how: Cost(each["seconds"], each["cpu"], each["peak_mib"]) for how, each in found.items()
    }
    return Morning(day, one["rows"], one["people"], one["touched"], costs)


def built(work: Path, home: Path, how: str, day: date) -> dict[str, Any]:
    """Build in a process of its own: what it cost without ingestion and imports, and hashes.

    Raises:
        CommandFailedError: a model or a data test failed.
    """
    out = work / "morning.json"
    options = ("--home", home, "--as-of", day, "--build", how, "--out", out)
    run(python("-m", "bench.morning_once", *options))
    return json.loads(out.read_text(encoding="utf-8"))


def _ingest(county: County, home: Path, first: date, last: date) -> None:
    place = ("--landing", county.landing, "--home", home, "--out", county.work / "ingest.json")
    run(python("-m", "bench.ingest_once", *place, "--from", first, "--to", last))


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
