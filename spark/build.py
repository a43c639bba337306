"""`python -m spark.build ORDER.json`: build every seed and model on the cluster of the order.

dbt-spark's session method: the models' statements run in this process's own session.
A Thrift server would do for SQL alone, but cannot be given the Python function that suppresses
small numbers (lus_assets/statistics/protection.py); a session can.

The order: `master`, `without_executors` (`seconds` that the cluster may be so, and the exit
`status` then), `settings` (Spark's own), `relations` (table of schema `lake` -> `folder` of Parquet
files and `columns`), `tables` (where schemas are made), `built` (what dbt builds, in its own
options), `work`, `project`, `target` and `results` (paths here). Whoever asked holds the other end
of standard input: when that ends, so does this process. Nothing that is printed or stored has a
row's value: of Spark's messages, which may echo one, only the name of the error.
"""

import io
import json
import os
import re
import sys
import threading
import time
import zipfile
from pathlib import Path
from typing import Any

from dbt.adapters.spark.connections import SparkCredentials
from dbt.cli.main import dbtRunner
from pyspark.sql import SparkSession

import lus_assets
from lus_assets.statistics.protection import protect_rows
from spark.parent import end_with

_SETTINGS = {
    # the business time of the models is local clock time without a zone; nothing follows the host's
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    "spark.sql.timeType.enabled": "true",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.sources.default": "parquet",
    # on by itself where the driver has pyarrow, which the executors need not have
    "spark.sql.execution.pythonUDF.arrow.enabled": "false",
    "spark.log.level": "OFF",
    "spark.ui.showConsoleProgress": "false",
}
_LOOKED_EVERY = 10.0
"""Seconds."""
_CAUSES = 8
_CELLS = (
    "array<struct<geography_level:string,geography_code:string,care_type:string,"
    "measure:string,reason:string>>"
)


def main(order_path: Path) -> int:
    """Run the order. Returns the exit status: 0 when dbt ran, whatever became of its nodes.

    Ends the process with the order's own status when the cluster has no executor for too long.
    """
    order = json.loads(order_path.read_text(encoding="utf-8"))
    end_with(sys.stdin.fileno())
    try:
        with _session(order) as session:
            _end_without_executors(session, **order["without_executors"])
            _lay_out(session, order["relations"])
            _register(session, Path(order["work"]))
            outcome = _dbt(order)
    except Exception as error:  # noqa: BLE001 - its text may echo a value
        return _failed(error)
    if outcome.exception is not None:
        return _failed(outcome.exception)
    results = [_result(each) for each in outcome.result.results]
    Path(order["results"]).write_text(json.dumps(results), encoding="utf-8")
    return 0


def _failed(error: BaseException) -> int:
    java = " ".join(_java_classes(error))
    sys.stderr.write(f"{type(error).__name__} {_name_of(str(error))} {java}\n")
    return 1


def _java_classes(error: BaseException) -> list[str]:
    """Names of the classes of Spark's own error and of its causes, such as a connector's."""
    names: list[str] = []
    cause = getattr(error, "java_exception", None)
    while cause is not None and len(names) < _CAUSES:
        names.append(cause.getClass().getName())
        cause = cause.getCause()
    return names


def _name_of(message: str) -> str:
    """The name that Spark gives an error, such as CAST_INVALID_INPUT."""
    found = re.search(r"\[([A-Z][A-Z_.]+)\]", message)
    return found[1] if found else "without a name"


def _session(order: dict[str, Any]) -> SparkSession:
    # of the two ways to name the workers' Python, a program that is no spark-submit has this one
    python = order["settings"].get("spark.pyspark.python", sys.executable)
    os.environ["PYSPARK_PYTHON"] = python
    builder = SparkSession.builder.master(order["master"]).appName("lus")
    own = {"spark.sql.warehouse.dir": order["tables"]}
    for name, value in {**order["settings"], **_SETTINGS, **own}.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def _end_without_executors(session: SparkSession, *, seconds: float, status: int) -> None:
    """From here on, end this process, with a status, when the cluster has no executor for so long:
    Spark would wait for ever, for the first one and for another one after the last is lost."""
    context = session.sparkContext
    if context.master.startswith("local"):
        return

    def watch() -> None:
        seen = time.monotonic()
        while time.monotonic() - seen < seconds:
            time.sleep(min(_LOOKED_EVERY, seconds))
            try:
                # the driver is counted too
                if context._jsc.sc().getExecutorMemoryStatus().size() > 1:
                    seen = time.monotonic()
            except Exception:  # noqa: BLE001 - the session is over, and its error may echo a value
                return
        os._exit(status)

    threading.Thread(target=watch, daemon=True).start()


def _lay_out(session: SparkSession, relations: dict[str, dict[str, str]]) -> None:
    """Schema `lake`: tables over the Parquet files as they lie."""
    session.sql("create schema if not exists lake")
    for name, laid_out in relations.items():
        session.sql(f"drop table if exists lake.{name}")
        folder = laid_out["folder"].replace("\\", "\\\\").replace("'", "\\'")
        session.sql(
            f"create table lake.{name} ({laid_out['columns']}) using parquet"
            f" options (path '{folder}')"
        )


def _register(session: SparkSession, work: Path) -> None:
    """Give the executors our package, and SQL the function `lus_suppressed`."""
    package = Path(lus_assets.__file__).parent
    archive, zipped = work / "lus_assets.zip", io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as file:
        for path in (package / "__init__.py", *sorted((package / "statistics").glob("*.py"))):
            file.write(path, path.relative_to(package.parent))
    # from its beginning to its end: a mounted bucket may take nothing else
    archive.write_bytes(zipped.getvalue())
    session.sparkContext.addPyFile(str(archive))

    def suppressed(rows: list[Any], limit: int) -> list[dict[str, str]]:
        return protect_rows([row.asDict() for row in rows], limit)

    session.udf.register("lus_suppressed", suppressed, _CELLS)


def _dbt(order: dict[str, Any]) -> Any:
    _keep_ansi()
    return dbtRunner().invoke(
        [
            *("build", "--target", "spark", *order["built"]),
            *("--project-dir", order["project"], "--profiles-dir", order["project"]),
            *("--target-path", order["target"], "--log-path", order["target"]),
            *("--no-print", "--log-level", "none", "--log-level-file", "none", "--no-write-json"),
        ]
    )


def _keep_ansi() -> None:
    """dbt-spark 1.11 switches ANSI off for Spark 3's sake: an overflow would become null."""
    as_shipped = SparkCredentials.__post_init__

    def with_ansi(credentials: SparkCredentials) -> None:
        as_shipped(credentials)
        credentials.server_side_parameters["spark.sql.ansi.enabled"] = "true"

    SparkCredentials.__post_init__ = with_ansi


def _result(each: Any) -> dict[str, Any]:
    is_ok = each.status.value in ("success", "skipped")
    return {
        "unique_id": each.node.unique_id,
        "status": str(each.status.value),
        "seconds": each.execution_time,
        "message": None if is_ok else _name_of(str(each.message)),
    }


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
