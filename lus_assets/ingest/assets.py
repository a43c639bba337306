"""The lake's assets: one per feed, one partition per delivery day, any range in one run."""

from datetime import date
from typing import Any

import dagster as dg

from lus_assets.core.assets import INSTALLATION, POOL, installation_of, writing
from lus_assets.core.local_time import refuse_to_come
from lus_assets.ingest.contract import FEEDS
from lus_assets.ingest.ingest import ingest_days
from lus_assets.ingest.received import delivery_source
from lus_assets.ingest.report import SEEN, IngestReport
from lus_assets.privacy.keys import Pseudonymizer

GROUP = "lake"
OWNERS = ["data@example.org"]

LEFT_OUT = "left_out"
"""Metadata: path -> why, of the first files and entries of a run that do not count."""
_NAMED = 50

_DESCRIPTIONS = {
    "stays": "Admissions to inpatient units, a new version at every change.",
    "messages": "The discharge process: notices, calls, receipts, withdrawals. Never changed.",
    "persons": "Where people are registered, and since when; birth dates stay in the vault.",
    "placements": "Decisions by which one municipality places a person in another.",
    "disputes": "Objections of municipalities; their grounds stay in the vault.",
}


def build_feed_assets(delivery_days: dg.DailyPartitionsDefinition) -> list[dg.AssetsDefinition]:
    """One asset per feed of the contract: delivered files to typed Parquet in the lake."""
    return [_feed_asset(feed, delivery_days) for feed in FEEDS]


def _feed_asset(feed: str, delivery_days: dg.DailyPartitionsDefinition) -> dg.AssetsDefinition:
    @dg.asset(
        key=["lake", feed],
        description=_DESCRIPTIONS[feed],
        partitions_def=delivery_days,
        backfill_policy=dg.BackfillPolicy.single_run(),
        required_resource_keys={INSTALLATION},
        group_name=GROUP,
        owners=OWNERS,
        kinds={"parquet"},
        pool=POOL,
    )
    def lake_feed(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        installation = installation_of(context)
        days = [date.fromisoformat(key) for key in context.partition_keys]
        with writing(installation):
            # a range of partitions has no end; a day to come would be every later run's `as_of`
            refuse_to_come(max(days), "the run's delivery days")
            report = ingest_days(
                installation.home,
                delivery_source(installation.home, installation.landing),
                Pseudonymizer.from_environment(),
                feeds=[feed],
                first=min(days),
                last=max(days),
            )
        return dg.MaterializeResult(
            metadata={**_figures(report), LEFT_OUT: dg.MetadataValue.json(_left_out(report))}
        )

    return lake_feed


def _left_out(report: IngestReport) -> dict[str, str]:
    """The first of the files and entries that do not count, by path as recorded, and why."""
    files = (file for day in report.days for file in day.files if file.status != SEEN)
    found = {
        **{
            file.path: f"{file.status}, {file.reason_code}"
            + (f": {file.hint}" if file.hint else "")
            for file in files
            if file.reason_code
        },
        **{entry.path: f"not read, {entry.code.value}" for entry in report.strangers},
    }
    return dict(list(found.items())[:_NAMED])


def _figures(report: IngestReport) -> dict[str, int]:
    """What a newcomer wants to know of a delivery, as counts."""
    files = [file for day in report.days for file in day.files]
    return {
        "dagster/row_count": sum(file.rows_delivered for file in files),
        "rows_quarantined": sum(file.rows_quarantined for file in files),
        "files": len(files),
        "files_read_before": sum(file.status == SEEN for file in files),
        "files_quarantined": sum(file.status == "quarantined" for file in files),
        "files_refused": sum(file.status == "refused" for file in files),
        "days_without_file": len(report.gaps),
        "entries_not_read": len(report.strangers),
    }
