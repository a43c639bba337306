"""Sensors: new deliveries start the morning job; a failed run or check raises one alert."""

from datetime import date
from pathlib import Path

import dagster as dg

from lus_assets.core.home import Home
from lus_assets.ingest.catalog import Catalog
from lus_assets.ingest.pending import pending_days
from lus_assets.ingest.received import delivery_source
from lus_assets.privacy.keys import Pseudonymizer
from orchestration.jobs import MORNING
from orchestration.notify import Alert, failed_checks, now, send

RANGE_START = "dagster/asset_partition_range_start"
RANGE_END = "dagster/asset_partition_range_end"


def range_tags(first: date, last: date) -> dict[str, str]:
    """Run tags that make one run of a range of delivery days."""
    return {RANGE_START: first.isoformat(), RANGE_END: last.isoformat()}


def build_sensors(home: Home, landing: Path) -> list[dg.SensorDefinition]:
    """All sensors of the code location, for one installation."""
    alerts = home.alerts

    @dg.sensor(name="new_deliveries", job_name=MORNING, minimum_interval_seconds=300)
    def new_deliveries(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        """One run over all days with files that were not seen before."""
        if not landing.is_dir():
            return dg.SkipReason("there is no landing area yet: set LUS_LANDING")
        days = pending_days(
            home.prepare(),
            delivery_source(home, landing),
            Pseudonymizer.from_environment(),
            by_content=False,
        )
        if not days:
            return dg.SkipReason("no new files")
        with Catalog.opened(home) as catalog:
            read_before = len(catalog.file_versions())
        # Dagster drops a key that it has seen: a later file of the same days needs another one
        key = f"{days[0]}..{days[-1]}:{len(days)} after {read_before}"
        return dg.RunRequest(run_key=key, tags=range_tags(days[0], days[-1]))

    @dg.run_failure_sensor(name="alert_on_failed_run")
    def alert_on_failed_run(context: dg.RunFailureSensorContext) -> None:
        """One alert per failed run, naming the steps that failed."""
        steps = tuple(sorted(event.step_key or "?" for event in context.get_step_failure_events()))
        send([_alert("run", context.dagster_run, steps)], alerts)

    @dg.run_status_sensor(name="alert_on_failed_check", run_status=dg.DagsterRunStatus.SUCCESS)
    def alert_on_failed_check(context: dg.RunStatusSensorContext) -> None:
        """One alert per green run with checks that did not pass."""
        names = failed_checks(context.instance, context.dagster_run.run_id)
        if names:
            send([_alert("check", context.dagster_run, names)], alerts)

    return [new_deliveries, alert_on_failed_run, alert_on_failed_check]


def _alert(kind: str, run: dg.DagsterRun, names: tuple[str, ...]) -> Alert:
    return Alert(kind=kind, job=run.job_name, run_id=run.run_id, names=names, at=now())
