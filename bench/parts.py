"""The parts of the benchmark: each makes what it measures, and gives figures back."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from bench.equal import Compared, compare, differing
from bench.measure import Cost, lus, python, run

Say = Callable[[str], None]
MODELS_ALONE = "our models by the engine alone"
SCRIPTS = {
    "bare SQL": "bench.bare",
    "plain pandas": "bench.plain_pandas",
    "plain polars": "bench.plain_polars",
    MODELS_ALONE: "bench.models_alone",
}
PIPELINE = "lus run"


class NotEqualError(RuntimeError):
    """A script's tables are not the pipeline's marts."""


@dataclass(frozen=True)
class County:
    """What is measured: a simulated county, its deliveries, and a home."""

    work: Path
    population: int
    first: date
    last: date

    @property
    def landing(self) -> Path:
        """The landing area; made once per work folder and size."""
        return self.work / f"landing-{self.population}-{self.first}-{self.last}"

    @property
    def home(self) -> Path:
        """The home that holds the ingested deliveries."""
        return self.work / f"home-{self.population}-{self.first}-{self.last}"

    def simulate(self, say: Say) -> None:
        """Make the landing area, unless an earlier benchmark did."""
        if self.landing.exists():
            say(f"deliveries are there: {self.landing.name}")
            return
        say(f"simulating {self.population} inhabitants, {self.first} to {self.last}")
        period = ("--from", self.first, "--to", self.last, "--population", self.population)
        run(lus("simulate", "--out", self.landing, *period))

    def run_command(self, home: Path | None = None, as_of: date | None = None) -> list[object]:
        """Options of `lus run` through the marts, as known on a day, by default the last."""
        known = as_of or self.last
        return [
            *("run", "--landing", self.landing, "--home", home or self.home),
            *("--month", known.strftime("%Y-%m"), "--as-of", known, "--through", "marts"),
        ]


def ingestion(county: County, runs: int, say: Say) -> dict[str, Any]:
    """Ingest the period cold, apart from its last days; then each of those by itself."""
    last_cold = county.last - timedelta(days=runs)
    say(f"ingesting {county.first} to {last_cold}, cold")
    cold = _ingest(county, county.first, last_cold)
    days = []
    for number in range(1, runs + 1):
        day = last_cold + timedelta(days=number)
        say(f"ingesting {day}")
        days.append(_ingest(county, day, day))
    return {"cold": cold, "days": days}


def _ingest(county: County, first: date, last: date) -> dict[str, Any]:
    out = county.work / "ingest.json"
    options = ("--landing", county.landing, "--home", county.home, "--out", out)
    cost = run(python("-m", "bench.ingest_once", *options, "--from", first, "--to", last))
    return {"cost": cost, **json.loads(out.read_text(encoding="utf-8"))}


def side_by_side(county: County, runs: int, say: Say) -> dict[str, list[Cost]]:
    """The pipeline and the scripts, in turns; the first, unmeasured turn checks the results.

    Raises:
        NotEqualError: a script's tables are not the pipeline's marts.
    """
    say("lus run, to warm up and to compare with")
    run(lus(*county.run_command()))
    compared: dict[str, list[Compared]] = {}
    costs: dict[str, list[Cost]] = {PIPELINE: [], **{name: [] for name in SCRIPTS}}
    for name in SCRIPTS:
        run_script(county, name)
        compared[name] = checked(county, name, say)
    for number in range(1, runs + 1):
        say(f"turn {number} of {runs}")
        costs[PIPELINE].append(run(lus(*county.run_command())))
        for name in SCRIPTS:
            costs[name].append(run_script(county, name))
    return costs


def run_script(county: County, name: str, as_of: date | None = None) -> Cost:
    """Run one of SCRIPTS, which writes its tables, by default of the last day, into the folder."""
    out = made_by(county, name)
    out.unlink(missing_ok=True)
    options = ("--home", county.home, "--as-of", as_of or county.last, "--out", out)
    return run(python("-m", SCRIPTS[name], *options))


def made_by(county: County, name: str) -> Path:
    """The DuckDB file that a script writes."""
    return county.work / f"{name.replace(' ', '-')}.duckdb"


def checked(county: County, name: str, say: Say) -> list[Compared]:
    """The tables that a script made, each beside the pipeline's mart.

    Raises:
        NotEqualError: one is not that mart.
    """
    warehouse, made = county.home / "warehouse" / "warehouse.duckdb", made_by(county, name)
    compared = compare(warehouse, made)
    for each in compared:
        say(f"  {name}: {each.table}, {each.rows} rows, {each.columns} columns")
        if not each.is_equal:
            rows = "\n    ".join(map(str, differing(warehouse, made, each.table)))
            raise NotEqualError(
                f"{name}: {each.table} differs: {each.only_pipeline} rows only in the marts,"
                f" {each.only_script} only in the script's\n    {rows}"
            )
    return compared


def cold_run(county: County, say: Say) -> dict[str, Any]:
    """`lus run` on a home that has seen nothing: the whole period through Dagster."""
    say("lus run, cold")
    home = county.work / f"{county.home.name}-cold"
    return {"cost": run(lus(*county.run_command(home)))}
