"""Runs the jobs of the graph in this process for the command line; the UI runs the same."""

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
from dagster._core.errors import DagsterExecutionInterruptedError
from dagster_shared.error import SerializableErrorInfo

from lus_assets.core.assets import EXIT_STATUS
from lus_assets.core.errors import InvoiceRefusedError, LusError
from lus_assets.core.home import Home
from lus_assets.core.location import Landing, resolved
from lus_assets.core.lock import writer_lock
from lus_assets.operations.alerts import Alert, now
from lus_assets.operations.notify import raise_alerts
from lus_assets.privacy.redact import redact_logs
from lus_assets.warehouse.project import ROOT
from orchestration.build import build_defs
from orchestration.checks import MONTH_TAG
from orchestration.event_storage import BATCH_SIZE, BATCH_SIZE_VARIABLE
from orchestration.killed import COMMANDS_RUN, end_killed_runs
from orchestration.runs import failed_checks
from orchestration.sensors import range_tags

_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass(frozen=True)
class JobOutcome:
    """What became of a run. failed_checks: names of those that did not pass. metadata: asset ->
    what it reported."""

    run_id: str
    failed_checks: tuple[str, ...]
    metadata: Mapping[str, Mapping[str, Any]]


def dagster_home(home: Home) -> Path:
    """DAGSTER_HOME of an installation, with our dagster.yaml in it unless it has its own."""
    home.prepare()
    if not (home.dagster / "dagster.yaml").exists():  # an operator may have set other storage
        shutil.copyfile(ROOT / "dagster.yaml", home.dagster / "dagster.yaml")
    os.environ["DAGSTER_HOME"] = str(home.dagster.resolve())
    os.environ["LUS_DAGSTER_STORAGE"] = str(home.dagster.resolve() / "storage")
    os.environ.setdefault(BATCH_SIZE_VARIABLE, BATCH_SIZE)
    return home.dagster


class Runner:
    """One installation's graph, ready to run."""

    def __init__(self, home: Home, landing: Landing, as_of: date | None) -> None:
        """Builds the definitions; errors as in build_defs. What runs log is redacted."""
        redact_logs()
        dagster_home(home)
        self._home = home
        self._defs = build_defs(
            home.root.resolve(), resolved(landing), as_of.isoformat() if as_of else ""
        )

    def ingest(self, first: date, last: date) -> JobOutcome:
        """Run job `ingest` over a range of delivery days."""
        return self.run("ingest", range_tags(first, last))

    def run(
        self, job: str, tags: Mapping[str, str] | None = None, month: date | None = None
    ) -> JobOutcome:
        """Run a job to its end.

        Raises:
            LusError: a step failed; it carries what the step said.
            KeyboardInterrupt: Ctrl-C or SIGTERM ended it.
        """
        tags = {**(tags or {}), **({MONTH_TAG: month.strftime("%Y-%m")} if month else {})}
        with writer_lock(self._home), dg.DagsterInstance.get() as instance:
            end_killed_runs(instance, is_writer=True)
            result = self._defs.resolve_job_def(job).execute_in_process(
                instance=instance,
                partition_key=month.isoformat() if month else None,
                tags={**tags, **COMMANDS_RUN},
                run_config=_QUIET,
                raise_on_error=False,
            )
            if _was_interrupted(result):
                raise KeyboardInterrupt
            failed = failed_checks(instance, result.run_id)
            self._alert(job, result, failed)
            if not result.success:
                broken = failed_checks(instance, result.run_id, errors_only=True)
                raise _failure(job, result, broken)
            return JobOutcome(result.run_id, failed, _metadata(result))

    def _alert(self, job: str, result: dg.ExecuteInProcessResult, failed: tuple[str, ...]) -> None:
        """What the sensors do for the daemon's runs."""
        steps = tuple(
            sorted(event.step_key or "?" for event in result.all_events if event.is_step_failure)
        )
        names, kind = (
            (failed, "check") if result.success else (steps or ("before any step",), "run")
        )
        if names:
            raise_alerts([Alert(kind, job, result.run_id, names, now())], self._home)


def _was_interrupted(result: dg.ExecuteInProcessResult) -> bool:
    """Did a step end because whoever started the run wanted it to?"""
    for event in result.all_events:
        if event.event_type == dg.DagsterEventType.STEP_FAILURE:
            error = event.step_failure_data.error
            while error is not None:
                if error.cls_name == DagsterExecutionInterruptedError.__name__:
                    return True
                error = error.cause
    return False


def _metadata(result: dg.ExecuteInProcessResult) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for event in result.all_events:
        if event.event_type == dg.DagsterEventType.ASSET_MATERIALIZATION:
            materialization = event.step_materialization_data.materialization
            found[materialization.asset_key.to_user_string()] = {
                name: value.value for name, value in materialization.metadata.items()
            }
    return found


def _failure(job: str, result: dg.ExecuteInProcessResult, broken_checks: Sequence[str]) -> LusError:
    """The first failed step's own words; ours never hold a row's value."""
    where, kind = f"run {result.run_id}", LusError
    what, todo = f"job {job} failed", "mend what is named above and run again"
    for event in result.all_events:
        if event.event_type == dg.DagsterEventType.STEP_FAILURE:
            data = event.step_failure_data.user_failure_data
            if data is not None and data.description:
                what = f"step {event.step_key} of {what}: {data.description}"
                status = data.metadata.get(EXIT_STATUS) if data.metadata else None
                if status is not None and status.value == InvoiceRefusedError.exit_status:
                    kind = InvoiceRefusedError
            elif broken_checks:
                what = f"checks that must hold do not: {', '.join(broken_checks)}"
                todo = "nothing was published; look at the checks in `lus ui`, mend, run again"
            else:
                shown = _without_values(event.step_failure_data.error)
                what = f"step {event.step_key} of {what}: {shown}"
            break
        if event.event_type == dg.DagsterEventType.RESOURCE_INIT_FAILURE:
            shown = _own_words(event.engine_event_data.error)
            what, todo = f"{what} before any step: {shown}", "mend it (`lus doctor`), run again"
    return kind(what, where=where, todo=todo)


def _own_words(error: SerializableErrorInfo | None) -> str:
    """What an error of ours says, which never holds a value; of others type and place."""
    inner = error
    while inner is not None and inner.cls_name != LusError.__name__:
        inner = inner.cause
    if inner is None:
        return _without_values(error)
    return inner.message.partition(": ")[2].strip()


def _without_values(error: SerializableErrorInfo | None) -> str:
    """An unexpected error's type and place; its text may hold a row's value."""
    while error is not None and error.cause is not None:
        error = error.cause
    if error is None:
        return "no details"
    places = [line.strip().splitlines()[0] for line in error.stack if "/dagster/" not in line]
    return f"{error.cls_name} at {places[-1] if places else 'an unknown place'}"
