"""A nation's ten years on one machine: the whole run under ever less memory, beside bare SQL.

Then days on top of it, and a month's bases of all municipalities at once.
"""

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from bench import issue, morning
from bench.by_stage import Staged, middle, run_by_stage, slowest_nodes, table_of
from bench.equal import compare
from bench.measure import Cost, lus, median, python, run
from bench.parts import PIPELINE, County, NotEqualError, Say, made_by, run_script
from bench.script import KEYS
from lus_assets.core.home import Home
from lus_assets.core.settings import load_settings
from lus_assets.warehouse.basis import why_in_full
from lus_assets.warehouse.connection import connect
from lus_assets.warehouse.prepare import checked_own_rows

REGIONS = 21
INHABITANTS = 10_500_000
FIRST, LAST = date(2017, 1, 1), date(2026, 10, 31)
LIMITS = {"4GB": 6, "1800MB": 3}
"""Setting `memory_limit` of each run -> GiB that the process is meant to stay within: what the
engine may use, and Python's own memory on top."""
KNOWN = date(2026, 10, 6)
"""The day that the whole runs are of; days on top of it start from there."""
MORNING = KNOWN + timedelta(days=1)
"""The day that is built alone, and when review bases are issued; invoice bases are on LAST."""
MONTH = date(2024, 12, 1)
"""Whose bases these are: the last one whose daily rate is among the seeds."""


@dataclass(frozen=True)
class Nation:
    """What it cost. rows: by feed; made: seconds; packing: of the lake's older months, which only a
    home's first run does; bare, runs: one after another; of `lus run` by memory limit, by stage."""

    rows: dict[str, int]
    made: dict[str, float]
    packing: Cost
    bare: Sequence[Cost]
    runs: dict[str, list[Staged]]


@dataclass(frozen=True)
class Days:
    """Days on top of it. limit: `memory_limit`; more: the days after MORNING at once; issued: a
    month's bases by kind, as `issue.bases` has them, and the month."""

    limit: str
    more: dict[str, Any]
    issued: dict[str, Any]


def nation(work: Path, limits: Sequence[str], turns: int, say: Say) -> Nation:
    """Make the lake, unless an earlier benchmark did in this folder; then build, in turns with each
    limit and in bare SQL.

    Raises:
        CommandFailedError: a run failed, as for want of memory.
        NotEqualError: the script's tables are not the pipeline's marts.
    """
    whole = County(work, INHABITANTS, FIRST, LAST)
    facts = _lake(whole, say)
    say("packing the lake's older months")
    packing = run(python("-m", "bench.pack_once", "--home", whole.home, "--memory", limits[0]))
    say(f"  {packing}")
    runs: dict[str, list[Staged]] = {limit: [] for limit in limits}
    bare = []
    for number in range(1, turns + 1):
        for limit in limits:
            say(f"turn {number} of {turns}: {PIPELINE}, memory_limit {limit}")
            _limit(whole, limit)
            # the landing area is one region's: all that counts is in the lake
            runs[limit].append(run_by_stage(whole, KNOWN))
            say(f"  {runs[limit][-1]}")
        say(f"turn {number} of {turns}: bare SQL")
        bare.append(run_script(whole, "bare SQL", KNOWN))
        say(f"  {bare[-1]}")
    say("comparing")
    for each in compare(whole.home / "warehouse" / "warehouse.duckdb", made_by(whole, "bare SQL")):
        say(f"  {each.table}, {each.rows} rows, {each.columns} columns")
        if not each.is_equal:
            raise NotEqualError(f"bare SQL: {each.table} differs at the nation's size")
    return Nation(facts["rows"], facts["made"], packing, bare, runs)


def nation_morning(work: Path, limit: str, say: Say) -> tuple[str, morning.Morning]:
    """A day alone on top of the nation's ten years, beside everything anew; with the limit.

    Raises:
        CommandFailedError: a build failed, as for want of memory.
        NotEqualError: the two builds made different tables.
    """
    whole = _built(work, limit, KNOWN, say)
    one = morning.both_ways(work, whole.home, MORNING, say)
    say(f"  {one}")
    return limit, one


def nation_days(work: Path, limit: str, say: Say) -> Days:
    """Review bases on that day, the days after it at once, and invoice bases then.

    Raises:
        CommandFailedError: a build failed, as for want of memory.
    """
    whole = _built(work, limit, MORNING, say)
    issued: dict[str, Any] = {"month": MONTH}
    issued["review"] = issue.bases(whole, MONTH, "review", MORNING, say)
    say(f"the days until {LAST}")
    more = morning.built(work, whole.home, "incremental", LAST)
    issued["invoice"] = issue.bases(whole, MONTH, "invoice", LAST, say)
    return Days(limit, more, issued)


def _built(work: Path, limit: str, known: date, say: Say) -> County:
    """The nation with nothing issued and a warehouse as known at a day, made now or before."""
    whole = County(work, INHABITANTS, FIRST, LAST)
    _lake(whole, say)
    _limit(whole, limit)
    # what an earlier bench issued would stand, and nothing would be measured
    for issued_before in ("ledger", "published/review", "published/invoice"):
        shutil.rmtree(whole.home / issued_before, ignore_errors=True)
    if not _is_built(whole, known):
        say(f"everything as known at {known}")
        morning.built(work, whole.home, "full", known)
    return whole


def _is_built(whole: County, known: date) -> bool:
    """Is the warehouse of this code, as known at that day, and whole?"""
    home = Home(whole.home)
    settings = load_settings(home)
    next_day = known + timedelta(days=1)
    if why_in_full(home, next_day, settings, checked_own_rows(home, settings)):
        return False
    with connect(home.warehouse, read_only=True) as connection:
        row = connection.execute("select as_of from lake.run_parameter").fetchone()
    return row is not None and row[0] == known


def _lake(whole: County, say: Say) -> dict[str, dict[str, Any]]:
    """Rows by feed and seconds of steps, as `_make` has them; made once per work folder."""
    known = whole.work / "nation.json"
    if not known.exists():
        region = County(whole.work, INHABITANTS // REGIONS, FIRST, LAST)
        known.write_text(json.dumps(_make(region, whole, say)), encoding="utf-8")
    return json.loads(known.read_text(encoding="utf-8"))


def _limit(whole: County, limit: str) -> None:
    whole.home.joinpath("region").mkdir(parents=True, exist_ok=True)
    settings = whole.home / "region" / "settings.toml"
    settings.write_text(f'memory_limit = "{limit}"\n', encoding="utf-8")


def _make(region: County, whole: County, say: Say) -> dict[str, dict[str, float]]:
    """Simulate and ingest one region, then the nation's lake out of it; seconds of each."""
    made: dict[str, float] = {}

    def timed(what: str, step: Callable[[], Cost]) -> None:
        say(what)
        made[what] = step().wall

    shutil.rmtree(region.home, ignore_errors=True)
    shutil.rmtree(whole.home, ignore_errors=True)
    out = region.work / "ingested.json"
    place = ("--landing", region.landing, "--home", region.home, "--out", out)
    period = ("--from", FIRST, "--to", LAST)
    if not region.landing.exists():
        options = ("--out", region.landing, *period, "--population", region.population)
        simulate = lus("simulate", *options, "--format", "parquet")
        timed("simulating a region", lambda: run(simulate))
    timed("ingesting a region", lambda: run(python("-m", "bench.ingest_once", *place, *period)))
    rows = region.work / "rows.json"
    homes = ("--county", region.home, "--nation", whole.home, "--out", rows)
    timed(f"{REGIONS} regions of it", lambda: run(python("-m", "bench.multiply", *homes)))
    # nothing is to be read: the command asks for a landing area all the same
    whole.landing.symlink_to(region.landing.name)
    return {"rows": json.loads(rows.read_text(encoding="utf-8")), "made": made}


def section(measured: Nation) -> str:
    """The text of the page's section."""
    bare = median(measured.bare)
    runs = {limit: middle(staged) for limit, staged in measured.runs.items()}
    costs = {
        "bare SQL": bare,
        **{
            f"`lus run`, `memory_limit = {limit}` (to stay within {LIMITS[limit]} GiB)": staged.cost
            for limit, staged in runs.items()
        },
    }
    rows = "\n".join(
        f"| {name} | {cost.wall:.0f} | {cost.cpu:.0f} | {cost.peak_mib / 1024:.1f} |"
        f" {cost.wall / bare.wall:.1f} | {cost.cpu / bare.cpu:.1f} |"
        for name, cost in costs.items()
    )
    feeds = ", ".join(f"{measured.rows[feed]} {feed}" for feed in KEYS)
    *_, last = runs.values()
    packing = measured.packing
    made = "; ".join(f"{what}: {seconds:.0f} s" for what, seconds in measured.made.items())
    return f"""{INHABITANTS} inhabitants in {REGIONS} regions, {FIRST} to {LAST}: {feeds}.
Each region is a copy of one simulated and ingested region with ids, people, municipalities and
hours of its own, and every message has receipts of five recipients (`bench/multiply.py`). {made}.
Everything is built as known at {KNOWN}.

Its older months are packed before (`bench/pack_once.py`), which only a home's first run does:
{packing.wall:.0f} s, {packing.cpu:.0f} CPU s. All of these find them packed, bare SQL too.

`memory_limit` is what the engine may use before it spills; Python's own memory comes on top. Bare
SQL, without a limit and without tests, checks and contracts, makes five of the marts, and these
were equal, row by row. Runs of each, in turns: {len(measured.bare)}, of which the medians stand
here. Aims: at most 1.5 times bare SQL, within 6 GiB, and no failure at 3 GiB.

|  | wall, s | CPU, s | peak, GiB | × bare SQL, wall | × bare SQL, CPU |
| --- | ---: | ---: | ---: | ---: | ---: |
{rows}

By stage, with a clock put on from outside, each without those inside it; memory is that of the
process itself. Slowest models at the last limit: {slowest_nodes(last)}.

{table_of(runs)}"""


def morning_section(measured: tuple[str, morning.Morning]) -> str:
    """The text of the section on a day on top of it."""
    limit, one = measured
    return f"With `memory_limit = {limit}`. {morning.section([one])}"


def days_section(measured: Days) -> str:
    """The text of the section on bases, and days after it."""
    more = measured.more
    return f"""With `memory_limit = {measured.limit}`. The days from {MORNING} until {LAST} at once,
{more["how"]}: {more["seconds"]:.0f} s, {more["cpu"]:.0f} CPU s, {more["peak_mib"]:.0f} MiB.

Bases of {measured.issued["month"]:%B %Y} of all municipalities of the nation at once, written on
all cores. Stockholm's are not invoiced: as shipped, its rules of 2020 are suspended.

{issue.table_of(measured.issued)}
"""
