"""dbt in this process: the manifest is made once, at install, and every run starts from it.

A subprocess per run costs 6 s, a parse 3 to 6 s (two cores, dbt-core 1.11); a run needs neither,
since it gives dbt no variables: its environment says where the warehouse is and how to write it.
"""

import fcntl
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.core.progress import Progress
from lus_assets.core.settings import Settings
from lus_assets.warehouse.connection import connect
from lus_assets.warehouse.data_tests import run_data_tests
from lus_assets.warehouse.project import BUILT, DBT_PROJECT, dbt_fingerprint, libraries
from lus_assets.warehouse.results import NodeResult
from lus_assets.warehouse.size import compression, has_many_rows

TARGET = DBT_PROJECT / "target" / "prepared"
"""A folder of its own: sqlfluff, or dbt run by hand, writes its own manifest to `target`."""
MANIFEST = TARGET / "manifest.json"
_STAMP = TARGET / "fingerprint"
_PARSED = TARGET / "partial_parse.msgpack"
_ENGINES_ERROR = re.compile(r"\s*([A-Z][A-Za-z ]*Error):")
"""How a line begins in which dbt repeats the engine."""


def prepare_manifest() -> bool:
    """Parse the project, and compile its SQL, unless the manifest is of these very files, made by
    the libraries that are installed.

    Returns whether it did. Of processes that ask at the same time one does, and the others wait.
    """
    TARGET.mkdir(parents=True, exist_ok=True)
    with (TARGET / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if is_manifest_fresh():
            return False
        _STAMP.unlink(missing_ok=True)
        _PARSED.unlink(missing_ok=True)
        # data tests are run from the manifest (data_tests.py): it needs their SQL; that of the
        # models costs two seconds more
        compiled = ("compile", "--quiet", "--no-populate-cache")
        selected = ("--select", "test_type:data", "resource_type:model")
        with tempfile.TemporaryDirectory() as aside:
            _invoke(
                [*compiled, *selected, *_project_arguments(TARGET)],
                warehouse=Path(aside) / "warehouse.duckdb",
            )
        _STAMP.write_text(_made_from(), encoding="utf-8")
        return True


def is_manifest_fresh() -> bool:
    """Is there a manifest, made from the project's files as they are now by these libraries?"""
    present = _STAMP.exists() and _PARSED.exists() and MANIFEST.exists()
    return present and _STAMP.read_text(encoding="utf-8") == _made_from()


def _made_from() -> str:
    return f"{dbt_fingerprint()}, models and data tests compiled by {libraries()}"


def load_manifest() -> dict[str, Any]:
    """The manifest as Dagster reads it.

    Raises:
        LusError: there is none, or it is of other files or libraries.
    """
    _require_manifest()
    return json.loads(MANIFEST.read_text(encoding="utf-8"))


def build(
    home: Home,
    settings: Settings,
    *,
    select: str | None = None,
    tables: Path | None = None,
) -> list[NodeResult]:
    """Load seeds, build every model, then run every data test in the home's warehouse.

    select: only these models, in dbt's words, with their tests. tables: the folder where another
    engine made every table of the models already (spark.py); its rows are taken.

    Returns one result per node, failed ones too; what depends on a failed model is `skipped`.

    Raises:
        LusError: no manifest, or dbt could not run at all.
    """
    manifest = load_manifest()
    selected = ("--select", select) if select else ()
    os.environ["LUS_MEMORY_LIMIT"] = settings.memory_limit
    os.environ["LUS_MADE_TABLES"] = str(tables or "")
    with connect(home.warehouse, read_only=True) as connection:
        one_at_a_time = ("--threads", "1") if has_many_rows(connection) else ()
        os.environ["LUS_TABLE_COMPRESSION"] = compression(connection, settings)
    built = _run(home, "build", *BUILT, *selected, *one_at_a_time)
    return [*built, *run_data_tests(home, settings.memory_limit, manifest, built)]


def write_docs(home: Home) -> Path:
    """Write the documentation of the models, as one page that needs no network; returns it.

    Columns have the types that they have in the home's warehouse.

    Raises:
        LusError: no manifest, or no warehouse.
    """
    manifest = _prepared_manifest()
    if not home.warehouse.exists():
        raise LusError(
            "there is no warehouse to document",
            where=str(home.warehouse),
            todo="build the marts first: lus run",
        )
    home.docs.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home.docs) as aside:
        shutil.copyfile(MANIFEST, Path(aside) / MANIFEST.name)
        command = ("docs", "generate", "--static", "--no-compile", "--quiet")
        _invoke(
            [*command, *_project_arguments(Path(aside))],
            warehouse=home.warehouse,
            manifest=manifest,
        )
        page = Path(aside) / "static_index.html"
        return page.replace(home.docs / "index.html")


def _prepared_manifest() -> Any:
    """The manifest that was made before, as dbt's own runner takes it."""
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumuro_decoder

    _require_manifest()
    manifest = Manifest.from_msgpack(_PARSED.read_bytes(), decoder=extended_mashumuro_decoder)
    manifest.build_flat_graph()
    return manifest


def _run(home: Home, *command: str) -> list[NodeResult]:
    """A dbt command on the home's warehouse, with the manifest that was made before."""
    manifest = _prepared_manifest()
    arguments = [
        *(*command, *_project_arguments(home.logs / "dbt"), "--no-write-json"),
        # the engine's messages may echo a row's value: nothing of them is printed
        *("--log-level", "none"),
    ]
    result = _invoke(arguments, warehouse=home.warehouse, manifest=manifest, told=_tell_progress())
    return [
        NodeResult(
            unique_id=each.node.unique_id,
            status=str(each.status.value),
            seconds=each.execution_time,
            failures=each.failures,
            message=_without_values(each),
        )
        for each in result.results
    ]


def _tell_progress() -> Callable[[Any], None]:
    """What dbt tells of its nodes, as lines of ours."""
    progress, done = Progress("models built"), count(1)

    def told(event: Any) -> None:
        if event.info.name in ("LogModelResult", "LogSeedResult"):
            progress.at(next(done), event.data.total, event.data.node_info.node_name)

    return told


def _without_values(result: Any) -> str | None:
    """What kind of error failed a node; what the engine says of it may echo a row's value."""
    if result.status.value in ("success", "pass", "skipped") or not result.message:
        return None
    if result.status.value == "fail":
        return f"{result.failures} rows break the rule"
    first, *rest = str(result.message).splitlines()
    kinds = [found[1] for line in rest if (found := _ENGINES_ERROR.match(line))]
    return kinds[0] if kinds else first.split(":")[0]


def _project_arguments(target: Path) -> list[str]:
    return [
        *("--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)),
        *("--target-path", str(target), "--log-path", str(target)),
        *("--no-print", "--log-level-file", "none"),
    ]


def _invoke(
    arguments: list[str],
    *,
    warehouse: Path,
    manifest: Any = None,
    told: Callable[[Any], None] | None = None,
) -> Any:
    from dbt.adapters.factory import reset_adapters
    from dbt.cli.main import dbtRunner

    os.environ["LUS_WAREHOUSE"] = str(warehouse)
    os.environ["DO_NOT_TRACK"] = "1"
    try:
        outcome = dbtRunner(manifest=manifest, callbacks=[told] if told else []).invoke(arguments)
    finally:
        _close_connections()
        reset_adapters()
    if outcome.exception is not None and not isinstance(outcome.exception, Exception):
        raise outcome.exception  # whoever started the run ended it: dbt has not failed
    if outcome.exception is not None:
        raise LusError(
            f"dbt could not run ({type(outcome.exception).__name__})",
            where=str(DBT_PROJECT),
            todo="run `lus prepare` again; otherwise run dbt by hand (CONTRIBUTING.md)",
        ) from None
    return outcome.result


def _close_connections() -> None:
    """dbt keeps the DuckDB file open after a run; no one else could open it then."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    DuckDBConnectionManager.close_all_connections()


def _require_manifest() -> None:
    if not is_manifest_fresh():
        raise LusError(
            "dbt's manifest is missing, or of other files or libraries",
            where=str(TARGET),
            todo="run `lus prepare` (make install does it)",
        )
