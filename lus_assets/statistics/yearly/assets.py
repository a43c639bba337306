"""The yearly follow-up: one partition per year, one release per content."""

from datetime import date
from typing import Any

import dagster as dg

from lus_assets.core.assets import INSTALLATION, POOL, installation_of, writing
from lus_assets.statistics.page_release import PAGE
from lus_assets.statistics.yearly.release import publish_follow_up
from lus_assets.warehouse.assets import as_of_date

KEY = dg.AssetKey(["published", "yearly_follow_up"])
_MARTS = (
    *("rpt_yearly_follow_up", "rpt_monthly_statistics", "rpt_monthly_statistics_by_age_group"),
    *("dim_snapshot", "dim_finding", "dim_municipality", "dim_ruleset", "fct_discharge_episode"),
    *("fct_municipality_month", "fct_waiting_today"),
)


def build_follow_up_asset(years: dg.TimeWindowPartitionsDefinition) -> dg.AssetsDefinition:
    """`published/yearly_follow_up`: the year's conditions, deviations and development."""

    @dg.asset(
        key=KEY,
        description="The follow-up that region and municipalities owe each other once a year"
        " (agreement, bilaga 1): a write-once, versioned folder with a manifest.",
        deps=[dg.AssetKey(["marts", mart]) for mart in _MARTS],
        partitions_def=years,
        required_resource_keys={INSTALLATION},
        group_name="published",
        owners=["marts@example.org"],
        kinds={"csv", "parquet", "excel", "html"},
        pool=POOL,
    )
    def yearly_follow_up(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        installation = installation_of(context)
        year = date.fromisoformat(context.partition_key).year
        with writing(installation):
            release = publish_follow_up(installation.home, year, as_of_date(installation))
        return dg.MaterializeResult(
            metadata={
                "path": dg.MetadataValue.path(str(release.folder)),
                "page": dg.MetadataValue.path(str(release.folder / PAGE)),
                "version": release.version,
                "is_new": release.is_new,
                "rows": release.row_counts["yearly_follow_up.csv"],
            }
        )

    return yearly_follow_up
