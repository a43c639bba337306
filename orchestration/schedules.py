"""Schedules: the morning at 05:00, statistics on the 5th, invoice bases on the 27th.

They are stopped until an operator starts them; times are Stockholm's.
"""

from datetime import datetime, timedelta

import dagster as dg

from orchestration.checks import MONTH_TAG
from orchestration.jobs import MONTHLY_INVOICE_BASE, MONTHLY_STATISTICS, MORNING
from orchestration.partitions import TIME_ZONE


def yesterday(moment: datetime) -> str:
    """Partition key of the delivery day before a moment."""
    return (moment.date() - timedelta(days=1)).isoformat()


def month_before(moment: datetime) -> str:
    """Partition key of the month before a moment's."""
    return (moment.date().replace(day=1) - timedelta(days=1)).replace(day=1).isoformat()


def build_schedules() -> list[dg.ScheduleDefinition]:
    """All schedules of the code location."""

    @dg.schedule(job_name=MORNING, cron_schedule="0 5 * * *", execution_timezone=TIME_ZONE)
    def every_morning(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        """Yesterday's deliveries, then marts, checks and snapshot."""
        return dg.RunRequest(partition_key=yesterday(context.scheduled_execution_time))

    @dg.schedule(
        job_name=MONTHLY_STATISTICS, cron_schedule="30 5 5 * *", execution_timezone=TIME_ZONE
    )
    def statistics_on_the_5th(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        """The statistics of the month before."""
        return _month_request(month_before(context.scheduled_execution_time))

    @dg.schedule(
        job_name=MONTHLY_INVOICE_BASE, cron_schedule="30 5 27 * *", execution_timezone=TIME_ZONE
    )
    def invoice_bases_on_the_27th(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        """Those of the month before, when deliveries of the 26th (5 + 21 days) are there."""
        return _month_request(month_before(context.scheduled_execution_time))

    return [every_morning, statistics_on_the_5th, invoice_bases_on_the_27th]


def _month_request(month: str) -> dg.RunRequest:
    return dg.RunRequest(partition_key=month, tags={MONTH_TAG: month[:7]})
