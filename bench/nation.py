"""A nation's ten years on one machine: the whole run under ever less memory, beside bare SQL."""

import json
import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bench.measure import Cost, lus, python, run
from bench.parts import PIPELINE, County, Say, run_script

INHABITANTS = 10_500_000
FIRST, LAST = date(2017, 1, 1), date(2026, 10, 31)
LIMITS = ("4GB", "2GB")
"""Setting `memory_limit` of each run: what the engine may use; Python's own memory comes on top."""


@dataclass(frozen=True)
class Nation:
    """What it cost. rows: of all feeds; ingestion: seconds; runs: memory limit -> `lus run`."""

    rows: int
    files: int
    ingestion: float
    bare: Cost
    runs: dict[str, Cost]


def nation(work: Path, say: Say) -> Nation:
    """Simulate and ingest, unless an earlier benchmark did in this folder; then build.

    Raises:
        CommandFailedError: a run failed, as for want of memory.
    """
    county = County(work, INHABITANTS, FIRST, LAST)
    county.simulate(say)
    ingested = county.work / "nation.json"
    if not ingested.exists():
        say("ingesting them")
        shutil.rmtree(county.home, ignore_errors=True)
        place = ("--landing", county.landing, "--home", county.home, "--out", ingested)
        run(python("-m", "bench.ingest_once", *place, "--from", FIRST, "--to", LAST))
    known = json.loads(ingested.read_text(encoding="utf-8"))
    say("bare SQL")
    bare = run_script(county, "bare SQL")
    runs = {}
    for limit in LIMITS:
        say(f"{PIPELINE}, memory_limit {limit}")
        county.home.joinpath("region").mkdir(parents=True, exist_ok=True)
        settings = county.home / "region" / "settings.toml"
        settings.write_text(f'memory_limit = "{limit}"\n', encoding="utf-8")
        runs[limit] = run(lus(*county.run_command()))
    return Nation(known["rows"], known["files"], known["seconds"], bare, runs)


def section(measured: Nation) -> str:
    """The text of the page's section."""
    rows = "\n".join(
        f"| {name} | {cost.wall:.0f} | {cost.cpu:.0f} | {cost.peak_mib / 1024:.1f} |"
        f" {cost.wall / measured.bare.wall:.1f} | {cost.cpu / measured.bare.cpu:.1f} |"
        for name, cost in {
            "bare SQL": measured.bare,
            **{f"`lus run`, `memory_limit = {each}`": cost for each, cost in measured.runs.items()},
        }.items()
    )
    return f"""{INHABITANTS} inhabitants, {FIRST} to {LAST}: {measured.rows} rows in
{measured.files} files, ingested in {measured.ingestion:.0f} s. `memory_limit` is what the engine
may use before it spills; Python's own memory comes on top. Bare SQL, without a limit and without
tests, checks and contracts, makes five of the marts. Aims: at most 1.5 times bare SQL, within
6 GiB, and no failure at 3 GiB.

|  | wall, s | CPU, s | peak, GiB | × bare SQL, wall | × bare SQL, CPU |
| --- | ---: | ---: | ---: | ---: | ---: |
{rows}
"""
