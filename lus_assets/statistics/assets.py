"""Monthly statistics, one partition per discharge month; and who waits today."""

from datetime import date
from typing import Any

import dagster as dg

from lus_assets.core.assets import INSTALLATION, POOL, installation_of, writing
from lus_assets.publishing.assets import SNAPSHOT_KEY
from lus_assets.publishing.marts import open_marts
from lus_assets.statistics.page_release import PAGE
from lus_assets.statistics.preview import preview
from lus_assets.statistics.release import publish_statistics
from lus_assets.statistics.today_page import publish_today
from lus_assets.warehouse.assets import as_of_date

GROUP = "published"
OWNERS = ["marts@example.org"]
KEY = dg.AssetKey(["published", "monthly_statistics"])
TODAY_KEY = dg.AssetKey(["published", "waiting_today"])
_MARTS = (
    *("rpt_monthly_statistics", "rpt_monthly_statistics_by_age_group", "dim_snapshot"),
    # what the page shows beside the figures
    *("dim_finding", "dim_municipality", "dim_ruleset", "fct_discharge_episode"),
    *("fct_municipality_month", "fct_waiting_today", "ingest_anomaly"),
)


def build_statistics_asset(months: dg.MonthlyPartitionsDefinition) -> dg.AssetsDefinition:
    """`published/monthly_statistics`: the month's figures as tidy CSV, Parquet and page."""

    @dg.asset(
        key=KEY,
        description="The statistics that the agreement obliges the region to publish each month, "
        "per municipality and district: a write-once, versioned folder with a manifest.",
        deps=[dg.AssetKey(["marts", mart]) for mart in _MARTS],
        partitions_def=months,
        required_resource_keys={INSTALLATION},
        group_name=GROUP,
        owners=OWNERS,
        kinds={"csv", "parquet", "excel", "html"},
        pool=POOL,
    )
    def monthly_statistics(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        installation = installation_of(context)
        month = date.fromisoformat(context.partition_key)
        with writing(installation):
            as_of = as_of_date(installation)
            release = publish_statistics(installation.home, month, as_of)
            with open_marts(installation.home, as_of) as marts:
                shown = preview(marts, month, installation.settings.small_number_limit)
        return dg.MaterializeResult(
            metadata={
                "path": dg.MetadataValue.path(str(release.folder)),
                "page": dg.MetadataValue.path(str(release.folder / PAGE)),
                "version": release.version,
                "is_new": release.is_new,
                "rows": sum(release.row_counts.values()),
                **shown.figures,
                "municipalities": dg.MetadataValue.md(shown.table),
                "chart": dg.MetadataValue.md(shown.chart),
            }
        )

    return monthly_statistics


def build_today_asset() -> dg.AssetsDefinition:
    """`published/waiting_today`: the page that ward and municipality look at every morning."""

    @dg.asset(
        key=TODAY_KEY,
        description="Who is ready and waits now, per hospital unit and municipality, without "
        "persons: a page beside the BI snapshot, replaced with it. Internal, as the snapshot is.",
        deps=[
            *(dg.AssetKey(["marts", mart]) for mart in ("fct_waiting_today", "dim_snapshot")),
            SNAPSHOT_KEY,
        ],
        required_resource_keys={INSTALLATION},
        group_name=GROUP,
        owners=OWNERS,
        kinds={"html"},
        pool=POOL,
    )
    def waiting_today(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        installation = installation_of(context)
        with writing(installation):
            as_of = as_of_date(installation)
            page = publish_today(installation.home, as_of)
        path = dg.MetadataValue.path(str(page))
        return dg.MaterializeResult(metadata={"as_of": str(as_of), "path": path})

    return waiting_today
