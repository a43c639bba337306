"""The other engine: the same dbt project on a Spark cluster (docs/spark.md).

Spark has an environment of its own, so it is a process of its own (spark/build.py). It is given
schema `lake` as Parquet and makes every table as Parquet; dbt's build on the warehouse takes the
tables' rows from there. So contracts, descriptions, data tests and all that follows are the same
for both engines.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.core.settings import Settings
from lus_assets.warehouse.connection import connect, quoted
from lus_assets.warehouse.project import BUILT, DBT_PROJECT, ROOT

PYTHON = ROOT / ".venv-spark" / "bin" / "python"
PYTHON_VARIABLE = "LUS_SPARK_PYTHON"
_TYPES = {"VARCHAR": "string", "TIMESTAMP": "timestamp_ntz"}
"""DuckDB's types that Spark has another name for."""


def make_tables(home: Home, settings: Settings) -> Path:
    """Build every model on Spark from the home's prepared warehouse; the folder of its tables.

    Raises:
        LusError: Spark's environment is not there, the cluster cannot be used, or a model failed.
    """
    python = Path(os.environ.get(PYTHON_VARIABLE, PYTHON))
    if not python.exists():
        raise LusError(
            "the environment of Spark is not there",
            where=str(python),
            todo="make it: make spark-env",
        )
    shutil.rmtree(home.spark, ignore_errors=True)
    tables = home.spark / "tables"
    tables.mkdir(parents=True)
    results, order = home.spark / "results.json", home.spark / "order.json"
    given = {
        "master": settings.spark_master,
        "settings": settings.spark,
        "relations": _lay_out(home, settings),
        "tables": _seen(home, settings, tables),
        "work": str(home.spark),
        "project": str(DBT_PROJECT),
        "built": BUILT,
        "target": str(DBT_PROJECT / "target" / "spark"),
        "results": str(results),
    }
    order.write_text(json.dumps(given), encoding="utf-8")
    _run([str(python), "-m", "spark.build", str(order)], home.logs / "spark.log")
    _check(json.loads(results.read_text(encoding="utf-8")))
    return tables


def _lay_out(home: Home, settings: Settings) -> dict[str, dict[str, str]]:
    """Schema `lake` as Parquet: the feeds where they lie, everything else written for this build.

    Returns each relation's folder, and its columns as Spark spells them.
    """
    laid_out: dict[str, dict[str, str]] = {}
    with connect(home.warehouse, settings.memory_limit, read_only=True) as connection:
        relations = connection.execute(
            "select table_name, table_type = 'VIEW' from information_schema.tables"
            " where table_schema = 'lake'"
        ).fetchall()
        for name, is_view in relations:
            if is_view:
                # files that no catalog row names lie there too: stg_file leaves them out
                folder = home.lake / name
            else:
                folder = home.spark / "lake" / name
                folder.mkdir(parents=True)
                rows = quoted(folder / "rows.parquet")
                connection.execute(f"copy (select * from lake.{name}) to {rows}")
            columns = connection.execute(f"describe lake.{name}").fetchall()
            typed = ", ".join(f"{column} {_TYPES.get(kind, kind)}" for column, kind, *_ in columns)
            laid_out[name] = {"folder": _seen(home, settings, folder), "columns": typed}
    return laid_out


def _seen(home: Home, settings: Settings, path: Path) -> str:
    """A path of the home as the cluster sees it."""
    root = settings.spark_home or home.root.resolve().as_uri()
    return f"{root.rstrip('/')}/{path.relative_to(home.root).as_posix()}"


def _run(command: list[str], log: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "DO_NOT_TRACK": "1"}
    with log.open("wb") as out:
        ended = subprocess.run(  # noqa: S603 - our own program, in the environment made for it
            command,
            env=environment,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if ended.returncode:
        raise LusError(
            "Spark could not build the models",
            where=str(log),
            todo="read the log; is the cluster up, and does setting spark_master name it?",
        )


def _check(results: list[dict[str, Any]]) -> None:
    broken = [each for each in results if each["status"] not in ("success", "skipped")]
    if broken:
        names = [f"{each['unique_id'].split('.')[-1]} ({each['message']})" for each in broken]
        raise LusError(
            f"models failed on Spark: {', '.join(names)}",
            where=str(DBT_PROJECT),
            todo='build with engine = "duckdb" meanwhile; the names are Spark\'s error conditions',
        )
