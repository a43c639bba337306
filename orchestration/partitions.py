"""Partitions: delivery days and discharge months, both in Stockholm's local time.

Municipality and region are columns, never partitions.
"""

import os

import dagster as dg

from lus_assets.core.local_time import TIME_ZONE

RANGE_START = "dagster/asset_partition_range_start"
RANGE_END = "dagster/asset_partition_range_end"
"""Dagster's run tags of a range of partitions."""
FIRST_DAY_VARIABLE = "LUS_FIRST_DAY"
DEFAULT_FIRST_DAY = "2018-01-01"
"""The act's first day; deliveries from before it need LUS_FIRST_DAY set earlier."""


def first_day() -> str:
    """First delivery day that the installation knows (YYYY-MM-DD)."""
    return os.environ.get(FIRST_DAY_VARIABLE, DEFAULT_FIRST_DAY)


def delivery_days() -> dg.DailyPartitionsDefinition:
    """One partition per delivery day, today's included."""
    return dg.DailyPartitionsDefinition(start_date=first_day(), timezone=TIME_ZONE, end_offset=1)


def discharge_months() -> dg.MonthlyPartitionsDefinition:
    """One partition per discharge month, the running one included."""
    first_month = f"{first_day()[:7]}-01"
    return dg.MonthlyPartitionsDefinition(start_date=first_month, timezone=TIME_ZONE, end_offset=1)


def discharge_years() -> dg.TimeWindowPartitionsDefinition:
    """One partition per year of discharges, the running one included."""
    return dg.TimeWindowPartitionsDefinition(
        start=f"{first_day()[:4]}-01-01",
        cron_schedule="0 0 1 1 *",
        fmt="%Y-%m-%d",
        timezone=TIME_ZONE,
        end_offset=1,
    )
