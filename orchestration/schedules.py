"""Schedules: the morning at 05:00, statistics on the 5th, what the months' calendar asks for, at
07:00 the look whether all that was done, on Saturdays the proof and on Sundays disposal.

They are stopped until an operator starts them; times are Stockholm's. Review bases and invoice
bases follow the state of the months as the morning's snapshot has it: what is due and not issued
is asked for every morning until it is; review bases for 31 days only, since a backfill's months
were never meant to be sent. Final statistics of a month that is not invoiced are asked for until a
run of them did not fail, for 31 days too.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

import dagster as dg

from lus_assets.core.home import Home
from lus_assets.core.local_time import TIME_ZONE
from lus_assets.invoicing.calendar import month_statuses
from orchestration.checks import MONTH_TAG
from orchestration.jobs import (
    DISPOSAL,
    FRESHNESS,
    MONTHLY_INVOICE_BASE,
    MONTHLY_REVIEW_BASE,
    MONTHLY_STATISTICS,
    MORNING,
    PROOF,
)

_CAUGHT_UP_WITHIN = timedelta(days=31)
"""Months whose day is longer ago are history, not today's work."""
_RUN_KEY = "dagster/run_key"
"""Tag in which Dagster keeps the key of the request that a run was made for."""
_Requests = Iterator[dg.RunRequest | dg.SkipReason]


def yesterday(moment: datetime) -> str:
    """Partition key of the delivery day before a moment."""
    return (moment.date() - timedelta(days=1)).isoformat()


def month_before(moment: datetime) -> str:
    """Partition key of the month before a moment's."""
    return (moment.date().replace(day=1) - timedelta(days=1)).replace(day=1).isoformat()


def build_schedules(home: Home) -> list[dg.ScheduleDefinition]:
    """All schedules of the code location, for the months of a home."""
    return [*_of_the_clock(), *_of_the_months(home)]


def _of_the_clock() -> list[dg.ScheduleDefinition]:
    """What is asked for at its time, whatever is known."""

    @dg.schedule(
        job_name=MORNING,
        cron_schedule="0 5 * * *",
        execution_timezone=TIME_ZONE,
        description="Yesterday's deliveries, then marts, checks and snapshot.",
    )
    def every_morning(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        return dg.RunRequest(partition_key=yesterday(context.scheduled_execution_time))

    @dg.schedule(
        job_name=MONTHLY_STATISTICS,
        cron_schedule="30 5 5 * *",
        execution_timezone=TIME_ZONE,
        description="The statistics of the month before.",
    )
    def statistics_on_the_5th(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        return _month_request(month_before(context.scheduled_execution_time))

    @dg.schedule(
        job_name=FRESHNESS,
        cron_schedule="0 7 * * *",
        execution_timezone=TIME_ZONE,
        description="What is older than it should be: a failed check, and with it an alert.",
    )
    def freshness_every_morning(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        return dg.RunRequest()

    @dg.schedule(
        job_name=PROOF,
        cron_schedule="30 3 * * 6",
        execution_timezone=TIME_ZONE,
        description="A full build beside an incremental one; where all are full ones, nothing.",
    )
    def proof_on_saturdays(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        return dg.RunRequest()

    @dg.schedule(
        job_name=DISPOSAL,
        cron_schedule="30 3 * * 0",
        execution_timezone=TIME_ZONE,
        description="What is older than the region has decided to keep; without a period, nothing.",
    )
    def disposal_on_sundays(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        return dg.RunRequest()

    return [
        *(every_morning, statistics_on_the_5th, freshness_every_morning),
        *(proof_on_saturdays, disposal_on_sundays),
    ]


def _of_the_months(home: Home) -> list[dg.ScheduleDefinition]:
    """What the months' calendar asks for."""

    @dg.schedule(
        job_name=MONTHLY_REVIEW_BASE,
        cron_schedule="0 6 * * *",
        execution_timezone=TIME_ZONE,
        description="Review bases that are due: those of setting `review_day`, or of the next "
        "weekday, on the morning after.",
    )
    def review_bases_when_due(context: dg.ScheduleEvaluationContext) -> _Requests:
        yield from _due(home, "review", context.scheduled_execution_time)

    @dg.schedule(
        job_name=MONTHLY_INVOICE_BASE,
        cron_schedule="30 6 * * *",
        execution_timezone=TIME_ZONE,
        description="Invoice bases that are due: setting `objection_days` after the review "
        "base, or on the next weekday, on the morning after.",
    )
    def invoice_bases_when_due(context: dg.ScheduleEvaluationContext) -> _Requests:
        yield from _due(home, "invoice", context.scheduled_execution_time)

    @dg.schedule(
        job_name=MONTHLY_STATISTICS,
        cron_schedule="45 6 * * *",
        execution_timezone=TIME_ZONE,
        description="Final statistics of months whose invoicing is suspended, on the day that an "
        "invoice base would be due: no invoice run publishes them again, and the 5th's figures "
        "are preliminary.",
    )
    def statistics_of_months_not_invoiced(context: dg.ScheduleEvaluationContext) -> _Requests:
        yield from _not_invoiced(home, context.instance)

    return [review_bases_when_due, invoice_bases_when_due, statistics_of_months_not_invoiced]


def _not_invoiced(home: Home, instance: dg.DagsterInstance) -> _Requests:
    as_of, months = month_statuses(home)
    keys = {
        each.billing_month: f"final statistics {each.billing_month:%Y-%m}"
        for each in months
        if as_of
        and each.status in ("to_review", "not_invoiced")
        and each.invoice_due_on <= as_of < each.invoice_due_on + _CAUGHT_UP_WITHIN
    }
    due = {month: key for month, key in keys.items() if not _has_run(instance, key)}
    if not due:
        yield dg.SkipReason("no month that is not invoiced has become final")
    for month, key in due.items():
        request = _month_request(month.isoformat())
        yield dg.RunRequest(run_key=key, partition_key=request.partition_key, tags=request.tags)


def _has_run(instance: dg.DagsterInstance, key: str) -> bool:
    """Is there a run of that key that did not fail? Dagster drops a schedule's key that it has seen
    within the same tick only, not the next morning."""
    failed = (dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED)
    statuses = [each for each in dg.DagsterRunStatus if each not in failed]
    seen = dg.RunsFilter(tags={_RUN_KEY: key}, statuses=statuses)
    return bool(instance.get_runs(seen, limit=1))


def _due(home: Home, what: str, moment: datetime) -> _Requests:
    as_of, months = month_statuses(home)
    due = [
        each.billing_month
        for each in months
        if as_of
        and each.is_due(as_of) == what
        # a backfill's months were never reviewed: who wants their review bases asks for them
        and (what != "review" or as_of < each.review_due_on + _CAUGHT_UP_WITHIN)
    ]
    if not due:
        yield dg.SkipReason(
            f"no {what} base is due as known at {as_of}" if as_of else "there is no snapshot yet"
        )
    for month in due:
        request = _month_request(month.isoformat())
        yield dg.RunRequest(
            run_key=f"{what}-{month:%Y-%m}-{moment.date()}",
            partition_key=request.partition_key,
            tags=request.tags,
        )


def _month_request(month: str) -> dg.RunRequest:
    return dg.RunRequest(partition_key=month, tags={MONTH_TAG: month[:7]})
