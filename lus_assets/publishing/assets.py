"""What BI tools read, replaced whole after every successful build of the marts."""

from collections.abc import Iterable, Iterator
from typing import Any

import dagster as dg

from lus_assets.core.assets import INSTALLATION, POOL, installation_of, writing
from lus_assets.publishing.postgres import DSN_VARIABLE, postgres_dsn, publish_postgres
from lus_assets.publishing.snapshot import publish_snapshot
from lus_assets.warehouse.assets import as_of_date

GROUP = "published"
OWNERS = ["marts@example.org"]
SNAPSHOT_KEY = dg.AssetKey(["published", "bi_snapshot"])
POSTGRES_KEY = dg.AssetKey(["published", "postgres_marts"])


def build_snapshot_asset(marts: Iterable[dg.AssetKey]) -> dg.AssetsDefinition:
    """`published/bi_snapshot`: every mart as DuckDB file and Parquet."""

    @dg.asset(
        key=SNAPSHOT_KEY,
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
                "is_current": report.is_current,
            }
        )

    return bi_snapshot


def build_postgres_asset() -> dg.AssetsDefinition:
    """`published/postgres_marts`: the snapshot again in PostgreSQL, where a server is named."""

    @dg.asset(
        key=POSTGRES_KEY,
        description="The BI snapshot's tables in PostgreSQL, switched in one transaction. Only "
        f"where {DSN_VARIABLE} names a server; elsewhere nothing is done.",
        deps=[
            SNAPSHOT_KEY,
            # these make the snapshot anew: in a run that has them, after them
            dg.AssetKey(["published", "review_base"]),
            dg.AssetKey(["published", "invoice_base"]),
        ],
        required_resource_keys={INSTALLATION},
        output_required=False,
        group_name=GROUP,
        owners=OWNERS,
        kinds={"postgres"},
        pool=POOL,
    )
    def postgres_marts(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[Any]]:
        installation, dsn = installation_of(context), postgres_dsn()
        if dsn is None:
            context.log.info(f"{DSN_VARIABLE} is not set: the marts are not in PostgreSQL")
            return
        with writing(installation):
            report = publish_postgres(installation.home, dsn, installation.settings)
        yield dg.MaterializeResult(
            metadata={
                "as_of": str(report.as_of),
                "schema": report.schema,
                "tables": len(report.row_counts),
                "rows": sum(report.row_counts.values()),
                "replaced_but_still_held": list(report.still_held),
            }
        )

    return postgres_marts
