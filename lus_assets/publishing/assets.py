"""The snapshot that BI tools read, replaced whole after every successful build of the marts."""

from collections.abc import Iterable
from typing import Any

import dagster as dg

from lus_assets.core.assets import INSTALLATION, POOL, installation_of, writing
from lus_assets.publishing.snapshot import publish_snapshot
from lus_assets.warehouse.assets import as_of_date

GROUP = "published"
OWNERS = ["marts@example.org"]


def build_snapshot_asset(marts: Iterable[dg.AssetKey]) -> dg.AssetsDefinition:
    """`published/bi_snapshot`: every mart as DuckDB file and Parquet."""

    @dg.asset(
        key=["published", "bi_snapshot"],
        description="All marts as one DuckDB file and as Parquet, for BI tools. Readers of the old "
        "file keep it; the new one is renamed into place.",
        deps=list(marts),
        required_resource_keys={INSTALLATION},
        group_name=GROUP,
        owners=OWNERS,
        kinds={"duckdb", "parquet"},
        pool=POOL,
    )
    def bi_snapshot(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        installation = installation_of(context)
        with writing(installation):
            report = publish_snapshot(installation.home, as_of_date(installation))
        return dg.MaterializeResult(
            metadata={
                "as_of": str(report.as_of),
                "path": dg.MetadataValue.path(str(report.database)),
                "tables": len(report.row_counts),
                "rows": sum(report.row_counts.values()),
            }
        )

    return bi_snapshot
