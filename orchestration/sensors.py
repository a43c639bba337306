"""Sensors: new deliveries start the morning job, and a failed one is started again after a pause;
a failed run or check, and a late delivery, raises one alert."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg

from lus_assets.core.home import Home
from lus_assets.core.local_time import today
from lus_assets.core.location import Landing
from lus_assets.ingest.catalog import Catalog
from lus_assets.ingest.pending import pending_days
from lus_assets.ingest.received import delivery_source
from lus_assets.operations.alerts import Alert, now
from lus_assets.operations.notify import raise_alerts, raise_missing
from lus_assets.privacy.keys import Pseudonymizer
from orchestration.jobs import MORNING
from orchestration.killed import end_killed_runs
from orchestration.partitions import RANGE_END, RANGE_START, first_day
from orchestration.runs import failed_checks

DELIVERIES = "lus/deliveries"
"""Run tag: which state of the landing area the run was asked for; a repetition has the same."""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(hours=1), timedelta(days=1)

_FAILED = [dg.DagsterRunStatus.FAILURE]
"""A run that was cancelled is its operator's to start again."""


def range_tags(first: date, last: date) -> dict[str, str]:
    """Run tags that make one run of a range of delivery days."""
    return {RANGE_START: first.isoformat(), RANGE_END: last.isoformat()}


def build_sensors(home: Home, landing: Landing) -> list[dg.SensorDefinition]:
    """All sensors of the code location, for one installation."""

    @dg.sensor(
        name="new_deliveries",
        job_name=MORNING,
        minimum_interval_seconds=300,
        description="One run over all days with files that were not seen before, or that failed "
        "last.",
    )
    def new_deliveries(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        if isinstance(landing, Path) and not landing.is_dir():
            return dg.SkipReason("there is no landing area yet: set LUS_LANDING")
        days, misdated = _new_days(home, landing)
        if misdated:
            raise_alerts(map(_misdated, misdated), home)
        tags = _tags_of(home, days) or _tags_of_failed_run(context.instance)
        if not tags:
            return dg.SkipReason("no new files")
        return _request(tags, context.instance, datetime.now(UTC))

    @dg.run_failure_sensor(
        name="alert_on_failed_run",
        description="One alert per failed run, naming the steps that failed.",
    )
    def alert_on_failed_run(context: dg.RunFailureSensorContext) -> None:
        steps = tuple(sorted(event.step_key or "?" for event in context.get_step_failure_events()))
        raise_alerts([_alert("run", context.dagster_run, steps)], home)

    @dg.run_status_sensor(
        name="alert_on_failed_check",
        run_status=dg.DagsterRunStatus.SUCCESS,
        description="One alert per green run with checks that did not pass.",
    )
    def alert_on_failed_check(context: dg.RunStatusSensorContext) -> None:
        names = failed_checks(context.instance, context.dagster_run.run_id)
        if names:
            raise_alerts([_alert("check", context.dagster_run, names)], home)

    @dg.sensor(
        name="alert_on_missing_delivery",
        minimum_interval_seconds=300,
        description="One alert a day for feeds that are late; what could not be told is tried "
        "again.",
    )
    def alert_on_missing_delivery() -> dg.SkipReason:
        day, feeds = raise_missing(home, datetime.now(UTC))
        told = f"missing of {day}: {', '.join(feeds)}" if feeds else "nothing is late"
        return dg.SkipReason(told)

    @dg.sensor(
        name="end_killed_runs",
        minimum_interval_seconds=60,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="A run whose process was killed holds the queue and the pool: it is ended.",
    )
    def end_killed(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        ended = end_killed_runs(context.instance)
        return dg.SkipReason(f"ended: {', '.join(ended)}" if ended else "no run was killed")

    return [
        new_deliveries,
        *(alert_on_failed_run, alert_on_failed_check, alert_on_missing_delivery),
        end_killed,
    ]


def pause_after(failures: int) -> timedelta:
    """How long to wait after so many failures in a row of the same run: an hour, doubled, a day."""
    return min(FIRST_PAUSE * 2 ** (failures - 1), LONGEST_PAUSE)


def _new_days(home: Home, landing: Landing) -> tuple[list[date], list[date]]:
    """Days with new files that a run can take, and those that are none: yet to come, or from before
    the first day that is known. Once in the lake, a day to come would be every run's `as_of`."""
    source, key = delivery_source(home, landing), Pseudonymizer.from_environment()
    days = pending_days(home.prepare(), source, key, by_content=False)
    first, last = date.fromisoformat(first_day()), today()
    return (
        [day for day in days if first <= day <= last],
        [day for day in days if not first <= day <= last],
    )


def _tags_of(home: Home, days: list[date]) -> dict[str, str]:
    """Those of a run over days with new files; none without such days."""
    if not days:
        return {}
    with Catalog.opened(home) as catalog:
        read_before = len(catalog.file_versions())
    # a later file of the same days is another state
    state = f"{days[0]}..{days[-1]}:{len(days)} after {read_before}"
    return {DELIVERIES: state, **range_tags(days[0], days[-1])}


def _tags_of_failed_run(instance: dg.DagsterInstance) -> dict[str, str]:
    """Those of the last morning run, when it failed after it had read its files."""
    for run in instance.get_runs(dg.RunsFilter(job_name=MORNING), limit=1):
        if run.status in _FAILED and DELIVERIES in run.tags:
            return {name: run.tags[name] for name in (DELIVERIES, RANGE_START, RANGE_END)}
    return {}


def _request(
    tags: dict[str, str], instance: dg.DagsterInstance, moment: datetime
) -> dg.RunRequest | dg.SkipReason:
    """The run of these tags, once; again after a pause when it failed."""
    same = dg.RunsFilter(job_name=MORNING, statuses=_FAILED, tags={DELIVERIES: tags[DELIVERIES]})
    failed = instance.get_run_records(same)
    # Dagster drops a key that it has seen
    key = f"{tags[DELIVERIES]}, {len(failed)} failed"
    if failed:
        ended = max(datetime.fromtimestamp(each.end_time or 0, UTC) for each in failed)
        due = ended + pause_after(len(failed))
        if moment < due:
            return dg.SkipReason(
                f"the run failed {len(failed)} times; again at {due:%Y-%m-%d %H:%M} UTC"
            )
    return dg.RunRequest(run_key=key, tags=tags)


def _misdated(day: date) -> Alert:
    return Alert("misdated", "", f"deliveries of {day}", (day.isoformat(),), now())


def _alert(kind: str, run: dg.DagsterRun, names: tuple[str, ...]) -> Alert:
    return Alert(kind=kind, job=run.job_name, run_id=run.run_id, names=names, at=now())
