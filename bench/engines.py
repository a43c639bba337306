"""`python -m bench.engines`: both engines on the same deliveries, over size, and docs/engines.md.

Fails when a mart of Spark is not DuckDB's. The cluster is a master and two workers of one core
each on this machine; starting it is not counted, starting Spark's driver and executors is.
"""

import math
import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import click

from bench.equal import compare
from bench.measure import ROOT, CommandFailedError, machine_speed, python, run, with_commit
from bench.morning import built
from bench.parts import County
from bench.table import table
from lus_assets.core.home import Home
from lus_assets.warehouse.dbt_runner import prepare_manifest
from lus_assets.warehouse.spark import PYTHON, PYTHON_VARIABLE
from spark.cluster import cluster

FIRST, LAST = date(2024, 1, 1), date(2024, 3, 31)
WORKER_MEMORY = "2g"
SPARK = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.memory": "1g",
    "spark.executor.memory": WORKER_MEMORY,
    "spark.sql.shuffle.partitions": "4",
}
_NATION = (128_934_183, 669.6)
"""Rows, and DuckDB's seconds of a full build of them: "A nation's morning" of docs/bench.md,
2026-11-29. What a million rows cost falls with size, so that small counties do not tell it."""


@dataclass(frozen=True)
class Measured:
    """Seconds of one size on each engine: a whole build, of as many delivered rows."""

    population: int
    rows: int
    duckdb: float
    spark: float
    marts: int


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--population",
    "sizes",
    multiple=True,
    type=int,
    default=(24_000, 240_000, 2_400_000),
    show_default=True,
)
@click.option("--write", is_flag=True, help="Write docs/engines.md.")
def main(sizes: Sequence[int], write: bool) -> None:
    """Measure DuckDB and Spark on a simulated county of three months, for each population.

    \b
    Examples:
      python -m bench.engines --write
      python -m bench.engines --population 60000
    """
    environment = Path(os.environ.get(PYTHON_VARIABLE, PYTHON))
    if not environment.exists():
        raise click.ClickException("Spark's environment is not there (make spark-env)")
    prepare_manifest()
    work = Path(tempfile.mkdtemp(prefix="lus-engines-"))
    measured: list[Measured] = []
    try:
        with cluster(environment, work / "cluster", memory=WORKER_MEMORY) as master:
            for size in sizes:
                measured.append(measure(work / str(size), size, master))
                click.echo(f"  {measured[-1]}", err=True)
    except CommandFailedError as error:
        raise click.ClickException(str(error)) from None
    finally:
        shutil.rmtree(work, ignore_errors=True)
    page = as_markdown(measured)
    click.echo(page)
    if write:
        (ROOT / "docs" / "engines.md").write_text(page, encoding="utf-8")


def measure(work: Path, population: int, master: str) -> Measured:
    """Make and ingest the deliveries of one size, then build on both engines and compare.

    Raises:
        click.ClickException: a mart differs.
        CommandFailedError: a build failed.
    """
    county = County(work, population, FIRST, LAST)
    home = Home(county.home).prepare()
    county.simulate(lambda text: click.echo(text, err=True))
    place = ("--landing", county.landing, "--home", home.root, "--out", work / "ingested.json")
    run(python("-m", "bench.ingest_once", *place, "--from", FIRST, "--to", LAST))
    by_duckdb = built(work, home.root, "full", LAST)
    kept = work / "duckdb.duckdb"
    home.warehouse.rename(kept)
    own = "".join(f'"{name}" = "{value}"\n' for name, value in SPARK.items())
    home.region.joinpath("settings.toml").write_text(
        f'engine = "spark"\nspark_master = "{master}"\n[spark]\n{own}', encoding="utf-8"
    )
    by_spark = built(work, home.root, "full", LAST)
    compared = compare(kept, home.warehouse)
    if unequal := [each.table for each in compared if not each.is_equal]:
        raise click.ClickException(f"marts differ between the engines: {', '.join(unequal)}")
    shutil.rmtree(work)
    seconds = (by_duckdb["seconds"], by_spark["seconds"])
    return Measured(population, by_duckdb["rows"], *seconds, len(compared))


def as_markdown(measured: Sequence[Measured]) -> str:
    """The page, from the measurements, smallest size first."""
    rows = [
        [
            *(f"{each.population}", f"{each.rows}", f"{each.duckdb:.0f}", f"{each.spark:.0f}"),
            f"{each.spark / each.duckdb:.1f}",
        ]
        for each in measured
    ]
    header = ["inhabitants", "rows delivered", "DuckDB, s", "Spark, s", "ratio"]
    marts = " or ".join(str(each) for each in sorted({each.marts for each in measured}))
    return f"""# Two engines on one machine

Written by `python -m bench.engines --write` on {datetime.now(UTC).date()}{with_commit()}; do not
edit. Figures are of one machine: look at the ratios. {machine_speed()}

A simulated county from {FIRST} to {LAST}, every model, as known on the last day; each build in a
process of its own, from the lake to the last data test, without ingestion and imports. DuckDB:
schema `lake`, seeds, models, data tests. Spark: schema `lake`, and that as Parquet; driver and
executors started, dbt's manifest parsed, seeds and models on a master and two workers of one core
and {WORKER_MEMORY} each, on the same {os.cpu_count()} cores; then the warehouse takes the tables,
and data tests. All {marts} marts were equal, row for row, at every size.

{table(header, rows)}
{_argued(measured)}
Every table must fit into the one file of the machine that runs the pipeline, whatever the engine:
ingestion, packing and hashing of the lake, data tests, snapshot and releases stay there.
"""


def _argued(measured: Sequence[Measured]) -> str:
    """What would be if Spark went on as between the smallest size and the largest, and DuckDB as in
    a nation's build."""
    small, large = measured[0], measured[-1]
    words = """Argued, not measured: Spark plans, sends and writes each of more than a hundred
statements by itself, and cannot win on the cores that DuckDB has too."""
    if small is large:
        return f"{words}\n"
    spark = (large.spark - small.spark) / (large.rows - small.rows) * 1e6
    rows, seconds = _NATION
    duckdb = seconds / rows * 1e6
    break_even = spark / duckdb
    times = math.ceil(2 * break_even)
    won = (small.spark - small.duckdb) / (duckdb - spark / times)
    return f"""{words} Between the smallest and the largest size a million rows more cost
Spark {spark:.1f} s; a million of a nation's {rows / 1e6:.0f} cost DuckDB {duckdb:.1f} s
([bench.md](bench.md)). If both went on like that, and so many times the cores made Spark as many
times as fast, its price per statement as it is, {break_even:.1f} times the cores would not be
enough at any size, and {times} times would be sooner from {won:.0f} million rows on.
"""


if __name__ == "__main__":
    main()
