"""`lus run` with a clock on its functions, put on from outside.

`python -m bench.stages OUT.json run --landing ...` runs the command in this process and writes how
many seconds (wall and CPU) each stage took by itself (a stage inside another is taken off the outer
one), and the most memory that the process held meanwhile. Imports are a stage of their own,
wherever they happen. Only the main thread's stages are counted, with the CPU of all threads and of
processes that ended meanwhile; what dbt's worker threads do is in dbt's own figures.
The product knows nothing of this.
"""

import builtins
import contextlib
import importlib
import json
import os
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from bench.measure import kib_of
from lus_assets.core.garbage import collect_seldom

IMPORTS, OTHER = "imports", "Dagster: steps, resources, the rest"
_INSTANCE = "Dagster: instance and storage"
_LOOK = "looking for new deliveries"
_DEFINITIONS = "reading definitions"
_DBT = "dbt: the build"

# where a function is looked up when it is called -> stage
STAGES = {
    "orchestration.commands:delivery_days": _LOOK,
    "orchestration.commands:clean_orphans": _LOOK,
    "orchestration.commands:pending_days": _LOOK,
    "orchestration.runner:build_defs": _DEFINITIONS,
    "dagster:Definitions.resolve_job_def": _DEFINITIONS,
    "dagster:DagsterInstance.get": _INSTANCE,
    "dagster:DagsterInstance.__exit__": _INSTANCE,
    "dagster:DagsterInstance.create_run_for_job": _INSTANCE,
    "dagster:DagsterInstance.handle_new_event": _INSTANCE,
    "orchestration.runner:failed_checks": _INSTANCE,
    "lus_assets.ingest.assets:ingest_days": "ingestion",
    "expectations.delivered:check_delivered": "checks at the border (Great Expectations)",
    "lus_assets.warehouse.build:prepare": "preparing the warehouse",
    "lus_assets.warehouse.build:build": "dbt: reading the manifest",
    "lus_assets.warehouse.dbt_runner:_invoke": _DBT,
    "lus_assets.warehouse.dbt_runner:run_data_tests": "data tests",
    "lus_assets.warehouse.assets:_events": "dbt results as events",
    "lus_assets.warehouse.assets:_row_counts": "dbt results as events",
    "orchestration.checks:count_findings": "finding checks",
    "lus_assets.publishing.assets:publish_snapshot": "BI snapshot",
    "lus_assets.statistics.assets:publish_statistics": "the month's statistics as a release",
}


class Clock:
    """Per stage, each without the stages inside it: seconds, CPU seconds of all threads, and the
    most memory, MiB."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.cpu: dict[str, float] = defaultdict(float)
        self.peak_mib: dict[str, float] = defaultdict(float)
        self._stack = [OTHER]
        self._since = time.perf_counter(), cpu_seconds()

    def _turn(self) -> None:
        now = time.perf_counter(), cpu_seconds()
        self.seconds[self._stack[-1]] += now[0] - self._since[0]
        self.cpu[self._stack[-1]] += now[1] - self._since[1]
        self.peak_mib[self._stack[-1]] = max(self.peak_mib[self._stack[-1]], _peak_since_asked())
        self._since = now

    @contextlib.contextmanager
    def stage(self, name: str) -> Any:
        """Count what happens inside as `name`; in other threads do nothing."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        self._turn()
        self._stack.append(name)
        try:
            yield
        finally:
            self._turn()
            self._stack.pop()

    def wrapped(self, function: Callable[..., Any], name: str) -> Callable[..., Any]:
        """The function, its time counted as `name`."""

        def timed(*arguments: Any, **options: Any) -> Any:
            with self.stage(name):
                return function(*arguments, **options)

        return timed

    def is_in(self, name: str) -> bool:
        """Is a stage of that name open?"""
        return name in self._stack


def cpu_seconds() -> float:
    """CPU seconds of this process, and of those that it started and that have ended."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def _peak_since_asked() -> float:
    """The most memory of this process since it was asked last, MiB: sets the kernel's mark back."""
    kib = kib_of(os.getpid(), "VmHWM")
    Path("/proc/self/clear_refs").write_bytes(b"5")
    return kib / 1024


def _count_imports(clock: Clock) -> None:
    """Outermost import statements as a stage; those inside them are inside it."""
    plain_import, plain_module = builtins.__import__, importlib.import_module

    def counted(function: Callable[..., Any]) -> Callable[..., Any]:
        def importing(name: str, *arguments: Any, **options: Any) -> Any:
            is_main = threading.current_thread() is threading.main_thread()
            if not is_main or clock.is_in(IMPORTS) or name in sys.modules:
                return function(name, *arguments, **options)
            with clock.stage(IMPORTS):
                return function(name, *arguments, **options)

        return importing

    builtins.__import__ = counted(plain_import)
    importlib.import_module = counted(plain_module)


def _put_on(clock: Clock) -> None:
    for place, name in STAGES.items():
        module, _, path = place.partition(":")
        owner: Any = importlib.import_module(module)
        *outer, attribute = path.split(".")
        for each in outer:
            owner = getattr(owner, each)
        kind = vars(owner).get(attribute)
        timed = clock.wrapped(getattr(owner, attribute), name)
        setattr(owner, attribute, staticmethod(timed) if isinstance(kind, staticmethod) else timed)


class DbtFigures:
    """dbt's own figures of the build: nodes by kind, and seconds in the engine."""

    def __init__(self) -> None:
        self.nodes: dict[str, dict[str, float]] = {}
        self.slowest: list[tuple[str, float]] = []
        self.engine_seconds = 0.0
        self.statements = 0
        self.span = 0.0

    def watch_results(self) -> None:
        """Keep what dbt says of each node when it is done."""
        from lus_assets.warehouse import dbt_runner

        invoke = dbt_runner._invoke

        def keeping(*arguments: Any, **options: Any) -> Any:
            outcome = invoke(*arguments, **options)
            self._read(outcome.results)
            return outcome

        dbt_runner._invoke = keeping

    def watch_engine(self) -> None:
        """Count the time inside DuckDB's execute, in whatever thread."""
        from dbt.adapters.duckdb.environments.local import DuckDBCursorWrapper

        execute = DuckDBCursorWrapper.execute

        def timed(cursor: Any, *arguments: Any, **options: Any) -> Any:
            started = time.perf_counter()
            try:
                return execute(cursor, *arguments, **options)
            finally:
                self.engine_seconds += time.perf_counter() - started
                self.statements += 1

        DuckDBCursorWrapper.execute = timed

    def _read(self, results: Any) -> None:
        moments: list[datetime] = []
        for each in results:
            kind = str(each.node.resource_type.value)
            figures = self.nodes.setdefault(kind, {"nodes": 0, "seconds": 0.0, "compile": 0.0})
            figures["nodes"] += 1
            figures["seconds"] += each.execution_time
            for timing in each.timing:
                if timing.started_at and timing.completed_at:
                    moments += [timing.started_at, timing.completed_at]
                    if timing.name == "compile":
                        took = timing.completed_at - timing.started_at
                        figures["compile"] += took.total_seconds()
            self.slowest.append((each.node.name, each.execution_time))
        self.slowest = sorted(self.slowest, key=lambda pair: -pair[1])[:12]
        self.span = (max(moments) - min(moments)).total_seconds() if moments else 0.0

    def as_json(self) -> dict[str, Any]:
        """Everything, ready to store."""
        return vars(self)


def main() -> None:
    """Run `lus` with the rest of the arguments, then write the figures."""
    out = Path(sys.argv[1])
    collect_seldom()  # as the command itself does
    clock, dbt = Clock(), DbtFigures()
    started = time.perf_counter()
    _count_imports(clock)
    from orchestration import cli

    dbt.watch_results()
    _put_on(clock)
    with clock.stage(IMPORTS):
        dbt.watch_engine()
    cli.lus.main(args=sys.argv[2:], standalone_mode=False)
    with clock.stage(OTHER):
        pass
    figures = {
        "seconds": dict(clock.seconds),
        "cpu": dict(clock.cpu),
        "peak_mib": dict(clock.peak_mib),
        "inside": time.perf_counter() - started,
        "dbt": dbt.as_json(),
    }
    out.write_text(json.dumps(figures), encoding="utf-8")


if __name__ == "__main__":
    main()
