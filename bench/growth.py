"""Time and memory against size: one county after another, each about ten times the one before.

The largest is a county's ten years.
"""

import json
import math
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bench.by_stage import Staged, run_by_stage
from bench.measure import Cost, lus, python, run
from bench.parts import County, Say, checked, run_script

SIZES = (
    (24_000, date(2024, 1, 1), date(2024, 1, 31)),
    (240_000, date(2024, 1, 1), date(2024, 1, 31)),
    (2_400_000, date(2024, 1, 1), date(2024, 1, 31)),
    (2_400_000, date(2024, 1, 1), date(2024, 12, 31)),
    (2_400_000, date(2017, 1, 1), date(2026, 10, 31)),
)
"""Inhabitants, first and last day."""
FRAMES = ("plain pandas", "plain polars")
FRAMES_FROM = date(2020, 1, 1)
"""The scripts in pandas and polars know no deliveries from before."""


@dataclass(frozen=True)
class Grown:
    """A size and what it cost.

    rows: delivered, of all feeds. ingestion: seconds beyond start-up. scripts: name -> cost;
    without FRAMES where they do not know all deliveries. staged: `lus run` once more, by stage.
    """

    population: int
    days: int
    rows: int
    ingestion: float
    pipeline: Cost
    scripts: dict[str, Cost]
    staged: Staged


def growth(work: Path, say: Say) -> list[Grown]:
    """Ingest, `lus run --through marts`, the scripts and a run by stage, for every size.

    Raises:
        NotEqualError: a script's tables are not the pipeline's marts.
    """
    grown = []
    for population, first, last in SIZES:
        county = County(work, population, first, last)
        county.simulate(say)
        say(f"growth: {population} inhabitants, {first} to {last}")
        shutil.rmtree(county.home, ignore_errors=True)
        out = work / "grown.json"
        place = ("--home", county.home)
        period = ("--landing", county.landing, "--from", first, "--to", last, "--out", out)
        run(python("-m", "bench.ingest_once", *place, *period))
        ingested = json.loads(out.read_text(encoding="utf-8"))
        pipeline = run(lus(*county.run_command()))
        scripts = {}
        for name in ("bare SQL", *(FRAMES if first >= FRAMES_FROM else ())):
            scripts[name] = run_script(county, name)
            checked(county, name, say)
        staged = run_by_stage(county)
        days = (last - first).days + 1
        seconds = ingested["seconds"]
        grown.append(Grown(population, days, ingested["rows"], seconds, pipeline, scripts, staged))
        say(f"  {grown[-1]}")
    return grown


def exponent(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """The b of cost = a * size^b, by least squares over the logarithms; NaN where a cost is none.

    1 is linear. Where a fixed cost is in it (start-up), it is below what larger sizes will show.
    """
    if min(costs) <= 0:
        return math.nan
    x, y = [math.log(each) for each in sizes], [math.log(each) for each in costs]
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    across = sum((each - mean_x) ** 2 for each in x)
    return sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True)) / across
