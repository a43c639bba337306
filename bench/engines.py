"""`python -m bench.engines`: both engines on the same deliveries, over size, and docs/engines.md.

Fails when a mart of Spark is not DuckDB's. The cluster is a master and two workers of one core
each on this machine; starting it is not counted, starting Spark's driver and executors is.
"""

import os
import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

import click

from bench.equal import compare
from bench.measure import KEY, ROOT
from bench.report import table
from lus_assets.core.home import Home
from lus_assets.core.settings import Settings
from lus_assets.ingest.ingest import ingest_days
from lus_assets.ingest.received import delivery_source
from lus_assets.privacy.keys import Pseudonymizer
from lus_assets.simulation import simulate
from lus_assets.warehouse.connection import connect
from lus_assets.warehouse.dbt_runner import build, prepare_manifest
from lus_assets.warehouse.prepare import prepare
from lus_assets.warehouse.spark import PYTHON, PYTHON_VARIABLE, make_tables
from spark.cluster import cluster

FIRST, LAST = date(2024, 1, 1), date(2024, 3, 31)
WORKER_MEMORY = "2g"
SPARK = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.memory": "1g",
    "spark.executor.memory": WORKER_MEMORY,
    "spark.sql.shuffle.partitions": "4",
    "spark.sql.files.openCostInBytes": "65536",
}


@dataclass(frozen=True)
class Measured:
    """Seconds of one size: DuckDB's build; Spark's tables, and the build that takes them."""

    population: int
    messages: int
    duckdb: float
    spark: float
    taken: float
    marts: int


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--population", "sizes", multiple=True, type=int, default=(20_000, 200_000))
@click.option("--write", is_flag=True, help="Write docs/engines.md.")
def main(sizes: Sequence[int], write: bool) -> None:
    """Measure DuckDB and Spark on a simulated county of three months, for each population."""
    os.environ["LUS_PSEUDONYM_KEY"] = KEY
    prepare_manifest()
    python = Path(os.environ.get(PYTHON_VARIABLE, PYTHON))
    work = Path(tempfile.mkdtemp(prefix="lus-engines-"))
    try:
        with cluster(python, work / "cluster", memory=WORKER_MEMORY) as master:
            measured = [measure(work / str(size), size, master) for size in sizes]
    finally:
        shutil.rmtree(work, ignore_errors=True)
    page = as_markdown(measured)
    click.echo(page)
    if write:
        (ROOT / "docs" / "engines.md").write_text(page, encoding="utf-8")


def measure(work: Path, population: int, master: str) -> Measured:
    """Make and ingest the deliveries of one size, then build on both engines and compare.

    Raises:
        click.ClickException: a mart differs, or a model or test failed.
    """
    click.echo(f"{population} inhabitants", err=True)
    home = Home(work / "home").prepare()
    simulate(work / "landing", FIRST, LAST, population=population, fmt="parquet")
    source = delivery_source(home, work / "landing")
    ingest_days(home, source, Pseudonymizer.from_environment())
    on_spark = replace(Settings(), engine="spark", spark_master=master, spark=SPARK)
    duckdb = _timed_build(home, None)
    by_duckdb = work / "duckdb.duckdb"
    home.warehouse.rename(by_duckdb)
    prepare(home, LAST, on_spark)
    started = time.perf_counter()
    tables = make_tables(home, on_spark)
    spark = time.perf_counter() - started
    taken = _timed_build(home, tables)
    compared = compare(by_duckdb, home.warehouse)
    if unequal := [each.table for each in compared if not each.is_equal]:
        raise click.ClickException(f"marts differ between the engines: {', '.join(unequal)}")
    with connect(home.warehouse, read_only=True) as connection:
        (messages,) = connection.execute("select count(*) from staging.base_message").fetchall()[0]
    return Measured(population, messages, duckdb, spark, taken, len(compared))


def _timed_build(home: Home, tables: Path | None) -> float:
    prepare(home, LAST, Settings())
    started = time.perf_counter()
    results = build(home, Settings().memory_limit, tables=tables)
    seconds = time.perf_counter() - started
    if broken := [each.unique_id for each in results if not each.is_ok]:
        raise click.ClickException(f"not built: {', '.join(broken)}")
    return seconds


def as_markdown(measured: Sequence[Measured]) -> str:
    """The page, from the measurements."""
    rows = [
        [
            f"{each.population}",
            f"{each.messages}",
            f"{each.duckdb:.0f}",
            f"{each.spark:.0f}",
            f"{each.taken:.0f}",
            f"{each.spark / each.duckdb:.1f}",
        ]
        for each in measured
    ]
    header = ["inhabitants", "messages", "DuckDB, s", "Spark, s", "taking its tables, s", "ratio"]
    return f"""# Two engines on one machine

Written by `python -m bench.engines --write` on {datetime.now(UTC).date()}; do not edit. Figures are
of one machine, which other work was done on: look at the ratios.

A simulated county from {FIRST} to {LAST}, every model, as known on the last day. DuckDB: seeds,
models, data tests in one process. Spark: driver and executors started, seeds and models on a master
and two workers of one core and {WORKER_MEMORY} each, on the same {os.cpu_count()} cores; then the
warehouse takes the tables and runs the data tests. All {measured[0].marts} marts were equal, row
for row, at every size.

{table(header, rows)}
Argued, not measured: Spark plans, sends and writes each of more than a hundred statements by
itself, and cannot win on the cores that DuckDB has too. It is for tables larger than one machine,
with workers added; only the last step, which reads the tables into one file, stays on one machine.
"""


if __name__ == "__main__":
    main()
