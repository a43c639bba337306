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
_FILE_SIZE = "128MB"
_PATIENCE = 30 * 60
"""Seconds that a cluster may be without an executor. The writer lock is held meanwhile."""
_NO_EXECUTORS = 3
"""Status with which Spark's process ends then."""


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
    _empty(home.spark)
    tables = home.spark / "tables"
    tables.mkdir()
    results, order = home.spark / "results.json", home.spark / "order.json"
    lake = home.spark / "lake"
    try:
        given = {
            "master": settings.spark_master,
            "without_executors": {"seconds": _PATIENCE, "status": _NO_EXECUTORS},
            "settings": settings.spark,
            "relations": _lay_out(home, settings),
            "tables": _seen(home, settings, tables),
            "work": str(home.spark),
            "project": str(DBT_PROJECT),
            "built": BUILT,
            "target": str(home.logs / "dbt-spark"),
            "results": str(results),
        }
        order.write_text(json.dumps(given), encoding="utf-8")
        _run([str(python), "-m", "spark.build", str(order)], home.logs / "spark.log")
        _check(json.loads(results.read_text(encoding="utf-8")))
    except BaseException:
        shutil.rmtree(lake, ignore_errors=True)  # what failed is told, and nothing else
        raise
    shutil.rmtree(lake)
    return tables


def _empty(folder: Path) -> None:
    """Remove what the last build on Spark left; the folder stays, as it may be a mount.

    Raises:
        LusError: it is another user's, as where the executors run as one.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    try:
        for each in folder.iterdir():
            if each.is_dir():
                shutil.rmtree(each)
            else:
                each.unlink()
    except OSError as error:
        raise LusError(
            f"what the last build on Spark left cannot be removed ({type(error).__name__})",
            where=str(folder),
            todo="empty the folder; the executors should write as the user that runs this",
        ) from None


def _lay_out(home: Home, settings: Settings) -> dict[str, dict[str, str]]:
    """Schema `lake` as Parquet, in files of a size that Spark likes: all that it reads.

    Returns each relation's folder, and its columns as Spark spells them.
    """
    laid_out: dict[str, dict[str, str]] = {}
    (home.spark / "lake").mkdir()
    with connect(home.warehouse, settings.memory_limit, read_only=True) as connection:
        relations = connection.execute(
            "select table_name from information_schema.tables where table_schema = 'lake'"
        ).fetchall()
        for (name,) in relations:
            folder = home.spark / "lake" / name
            connection.execute(
                f"copy lake.{name} to {quoted(folder)}"
                f" (format parquet, compression zstd, file_size_bytes '{_FILE_SIZE}')"
            )
            columns = connection.execute(f"describe lake.{name}").fetchall()
            typed = ", ".join(f"{column} {_TYPES.get(kind, kind)}" for column, kind, *_ in columns)
            laid_out[name] = {"folder": _seen(home, settings, folder), "columns": typed}
    return laid_out


def _seen(home: Home, settings: Settings, path: Path) -> str:
    """A path of the home as the cluster sees it."""
    # not as a URI: Hadoop takes a path as it is written, and decodes nothing
    root = settings.spark_home or f"file://{home.root.resolve()}"
    return f"{root.rstrip('/')}/{path.relative_to(home.root).as_posix()}"


def _run(command: list[str], log: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "DO_NOT_TRACK": "1"}
    with (
        log.open("wb") as out,
        subprocess.Popen(  # noqa: S603 - our own program, in the environment made for it
            command,
            env=environment,
            cwd=ROOT,
            # ends with this process, however it ends, and the other one then ends too
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=subprocess.STDOUT,
        ) as started,
    ):
        # not the way of `run`, which would close the pipe at once
        status = started.wait()
    if status == _NO_EXECUTORS:
        raise LusError(
            f"the Spark cluster had no executor for {_PATIENCE / 60:.0f} minutes",
            where="setting spark_master",
            todo="look at the cluster's own page: are its workers up, is something else using them,"
            " do they have the memory and cores that [spark] asks for? Then run again",
        )
    if status:
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
