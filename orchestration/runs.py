"""What Dagster remembers of runs, read for those who ask: notifier, metrics, disposal.

Belongs here: questions to Dagster's storage. Does not: what is done with the answers.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import dagster as dg

from lus_assets.operations.dispose import Thing
from lus_assets.operations.metrics import LastRun

_RUNS_LOOKED_AT = 200


def failed_checks(
    instance: dg.DagsterInstance, run_id: str, *, errors_only: bool = False
) -> tuple[str, ...]:
    """Names of the checks that did not pass in a run, `<asset>: <check>`.

    errors_only: leave out those that only warn.
    """
    entries = instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION)
    evaluations = [
        entry.dagster_event.asset_check_evaluation_data
        for entry in entries
        if entry.dagster_event is not None
    ]
    return tuple(
        sorted(
            f"{each.asset_key.path[-1]}: {each.check_name}"
            for each in evaluations
            if not each.passed and (not errors_only or each.severity is dg.AssetCheckSeverity.ERROR)
        )
    )


def last_runs(instance: dg.DagsterInstance) -> list[LastRun]:
    """Each job's last run that has ended."""
    filters = dg.RunsFilter(statuses=[dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE])
    found: dict[str, LastRun] = {}
    for record in instance.get_run_records(filters, limit=_RUNS_LOOKED_AT):
        run = record.dagster_run
        if run.job_name in found or record.end_time is None:
            continue
        found[run.job_name] = LastRun(
            job=run.job_name,
            ended_at=record.end_time,
            seconds=record.end_time - (record.start_time or record.end_time),
            is_failed=run.status is dg.DagsterRunStatus.FAILURE,
            checks_failing=len(failed_checks(instance, run.run_id)),
        )
    return list(found.values())


def old_runs(instance: dg.DagsterInstance, before: date) -> Iterator[Thing]:
    """Ended runs, but the newest of each job: the invoice gate reads what its checks said."""
    limit = datetime.combine(before, datetime.min.time(), UTC)
    seen: set[str] = set()
    for record in instance.get_run_records(order_by="id"):  # newest first
        run = record.dagster_run
        is_newest = run.job_name not in seen
        seen.add(run.job_name)
        if not is_newest and run.is_finished and record.create_timestamp < limit:
            yield Thing(0, lambda run_id=run.run_id: instance.delete_run(run_id))
