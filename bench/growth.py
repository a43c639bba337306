"""Time and memory against size: one county after another, each about ten times the one before.

The largest is a county's ten years. What is held against each other runs in turns.
"""

import json
import math
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from bench.by_stage import Staged, middle, run_by_stage
from bench.measure import Cost, lus, median, python, run
from bench.morning import built
from bench.parts import County, NotEqualError, Say, checked, run_script

SIZES = (
    (24_000, date(2024, 1, 1), date(2024, 1, 31)),
    (240_000, date(2024, 1, 1), date(2024, 1, 31)),
    (2_400_000, date(2024, 1, 1), date(2024, 1, 31)),
    (2_400_000, date(2024, 1, 1), date(2024, 12, 31)),
    (2_400_000, date(2020, 1, 1), date(2026, 10, 31)),
    (2_400_000, date(2017, 1, 1), date(2026, 10, 31)),
)
"""Inhabitants, first and last day."""
FRAMES = ("plain pandas", "plain polars")
FRAMES_FROM = date(2020, 1, 1)
"""The scripts in pandas and polars know no deliveries from before."""
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Turn:
    """Three runs after one another. morning: the whole `lus run` that ingests the last day and
    starts from the build before; everything: one more, of everything anew, by stage."""

    morning: Cost
    bare: Cost
    everything: Staged


@dataclass(frozen=True)
class Grown:
    """A size and what it cost.

    files, rows, ingestion: delivered, of all feeds, and seconds beyond start-up; without the last
    day. frames: name -> cost of one run; none of FRAMES where they do not know all deliveries.
    """

    population: int
    days: int
    files: int
    rows: int
    ingestion: float
    turns: Sequence[Turn]
    frames: dict[str, Cost]

    @property
    def morning(self) -> Cost:
        """The median of a day more."""
        return median([each.morning for each in self.turns])

    @property
    def staged(self) -> Staged:
        """The median of everything anew, by stage."""
        return middle([each.everything for each in self.turns])

    @property
    def pipeline(self) -> Cost:
        """The median of everything anew."""
        return self.staged.cost

    @property
    def scripts(self) -> dict[str, Cost]:
        """Bare SQL's median, and the frames."""
        return {"bare SQL": median([each.bare for each in self.turns]), **self.frames}


def growth(work: Path, runs: int, say: Say) -> list[Grown]:
    """What every size costs, with so many turns.

    Raises:
        NotEqualError: a script's tables are not the pipeline's marts, after the day more or after
            everything; or the day more was not built from the last build.
    """
    grown = []
    for population, first, last in SIZES:
        county = County(work, population, first, last)
        county.simulate(say)
        say(f"growth: {population} inhabitants, {first} to {last}")
        grown.append(_grown(county, runs, say))
        say(f"  {grown[-1]}")
    return grown


def _grown(county: County, runs: int, say: Say) -> Grown:
    """Ingest; then, in turns, `lus run --through marts` of a day more, bare SQL, and everything by
    stage; the other scripts once."""
    first, last, out = county.first, county.last, county.work / "grown.json"
    shutil.rmtree(county.home, ignore_errors=True)
    place = ("--home", county.home)
    period = ("--landing", county.landing, "--from", first, "--to", last - _DAY, "--out", out)
    run(python("-m", "bench.ingest_once", *place, *period))
    ingested = json.loads(out.read_text(encoding="utf-8"))
    built(county.work, county.home, "incremental", last - _DAY)
    before = county.home.with_name(f"{county.home.name}-before")
    shutil.rmtree(before, ignore_errors=True)
    county.home.rename(before)
    turns = []
    for number in range(1, runs + 1):
        shutil.rmtree(county.home, ignore_errors=True)
        shutil.copytree(before, county.home)
        turns.append(_turn(county, say))
        say(f"  turn {number} of {runs}: {turns[-1]}")
    shutil.rmtree(before)
    frames = {}
    for name in FRAMES if first >= FRAMES_FROM else ():
        frames[name] = run_script(county, name)
        checked(county, name, say)
    delivered = (ingested[each] for each in ("files", "rows", "seconds"))
    return Grown(county.population, (last - first).days + 1, *delivered, turns, frames)


def _turn(county: County, say: Say) -> Turn:
    """From a home that is built as known on the day before the last."""
    morning = _a_day_more(county)
    bare = run_script(county, "bare SQL")
    checked(county, "bare SQL", say)
    everything = run_by_stage(county)
    checked(county, "bare SQL", say)
    return Turn(morning, bare, everything)


def _a_day_more(county: County) -> Cost:
    """Run with the last day, from the build before."""
    settings = county.home / "region" / "settings.toml"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text('build = "incremental"\n', encoding="utf-8")
    said = county.work / "said.txt"
    cost = run(lus(*county.run_command()), stdout_to=said)
    if "built incrementally" not in (told := said.read_text(encoding="utf-8")):
        raise NotEqualError(f"the day more was not built from the last build:\n{told}")
    settings.unlink()
    return cost


def exponent(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """The b of cost = a * size^b, by least squares over the logarithms. NaN of fewer than two.

    A size without a cost is left out: where what a start takes is taken off, noise may leave
    nothing. 1 is linear. Where a fixed cost is in it, it is below what larger sizes will show.
    """
    pairs = [pair for pair in zip(sizes, costs, strict=True) if pair[1] > 0]
    if len(pairs) < 2:
        return math.nan
    x, y = ([math.log(pair[n]) for pair in pairs] for n in (0, 1))
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    across = sum((each - mean_x) ** 2 for each in x)
    return sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True)) / across
