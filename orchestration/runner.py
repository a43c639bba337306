"""Runs the jobs of the graph in this process for the command line; the UI runs the same."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_shared.error import SerializableErrorInfo

from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.warehouse.project import ROOT
from orchestration.build import build_defs
from orchestration.checks import MONTH_TAG
from orchestration.event_storage import BATCH_SIZE, BATCH_SIZE_VARIABLE
from orchestration.notify import failed_checks
from orchestration.sensors import range_tags

_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass(frozen=True)
class JobOutcome:
    """What became of a run. metadata: asset -> what it reported; failed: names of checks."""

    run_id: str
    failed_checks: tuple[str, ...]
    metadata: Mapping[str, Mapping[str, Any]]


def dagster_home(home: Home) -> Path:
    """DAGSTER_HOME of an installation, with our dagster.yaml in it."""
    home.prepare()
    shutil.copyfile(ROOT / "dagster.yaml", home.dagster / "dagster.yaml")
    os.environ["DAGSTER_HOME"] = str(home.dagster.resolve())
    os.environ["LUS_DAGSTER_STORAGE"] = str(home.dagster.resolve() / "storage")
    os.environ.setdefault(BATCH_SIZE_VARIABLE, BATCH_SIZE)
    return home.dagster


class Runner:
    """One installation's graph, ready to run."""

    def __init__(self, home: Home, landing: Path, as_of: date | None) -> None:
        """Builds the definitions; errors as in build_defs."""
        dagster_home(home)
        self._defs = build_defs(
            home.root.resolve(), landing.resolve(), as_of.isoformat() if as_of else ""
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
        """
        tags = {**(tags or {}), **({MONTH_TAG: month.strftime("%Y-%m")} if month else {})}
        with dg.DagsterInstance.get() as instance:
            result = self._defs.resolve_job_def(job).execute_in_process(
                instance=instance,
                partition_key=month.isoformat() if month else None,
                tags=tags,
                run_config=_QUIET,
                raise_on_error=False,
            )
            if not result.success:
                raise _failure(job, result, failed_checks(instance, result.run_id))
            return JobOutcome(
                run_id=result.run_id,
                failed_checks=failed_checks(instance, result.run_id),
                metadata=_metadata(result),
            )


def _metadata(result: dg.ExecuteInProcessResult) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for event in result.all_events:
        if event.event_type == dg.DagsterEventType.ASSET_MATERIALIZATION:
            materialization = event.step_materialization_data.materialization
            found[materialization.asset_key.to_user_string()] = {
                name: value.value for name, value in materialization.metadata.items()
            }
    return found


def _failure(job: str, result: dg.ExecuteInProcessResult, failed: tuple[str, ...]) -> LusError:
    """The first failed step's own words, or the checks that stopped it; never a row's value."""
    for event in result.all_events:
        if event.event_type == dg.DagsterEventType.STEP_FAILURE:
            data = event.step_failure_data
            said = data.user_failure_data.description if data.user_failure_data else None
            if said is None and failed:
                said = f"checks did not pass: {', '.join(failed)}"
            said = said or _without_values(data.error)
            return LusError(
                f"step {event.step_key} of job {job} failed: {said}",
                where=f"run {result.run_id}",
                todo="mend what is named above and run again; nothing half-done counts",
            )
    return LusError(
        f"job {job} failed", where=f"run {result.run_id}", todo="look at the run in `lus ui`"
    )


def _without_values(error: SerializableErrorInfo | None) -> str:
    """An unexpected error's type and place; its text may hold a row's value."""
    while error is not None and error.cause is not None:
        error = error.cause
    if error is None:
        return "no details"
    places = [line.strip().splitlines()[0] for line in error.stack if "/dagster/" not in line]
    return f"{error.cls_name} at {places[-1] if places else 'an unknown place'}"
