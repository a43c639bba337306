"""Invoice bases: a partition per discharge month, a folder per municipality, one version ever."""

from collections.abc import Iterable
from datetime import date
from typing import Any

import dagster as dg

from lus_assets.core.assets import INSTALLATION, POOL, installation_of, writing
from lus_assets.core.errors import LusError
from lus_assets.core.installation import Installation
from lus_assets.invoicing.issue import IssueReport, issue_invoice_bases
from lus_assets.publishing.snapshot import publish_snapshot
from lus_assets.warehouse.assets import as_of_date
from lus_assets.warehouse.dbt_runner import build
from lus_assets.warehouse.prepare import connect, load_issued_lines

GROUP = "published"
OWNERS = ["marts@example.org"]
KEY = dg.AssetKey(["published", "invoice_base"])
CHECK = "nothing_refused"


def build_invoice_asset(
    months: dg.MonthlyPartitionsDefinition, gate: Iterable[dg.AssetCheckKey]
) -> dg.AssetsDefinition:
    """`published/invoice_base`.

    gate: the blocking checks; one whose last result is a failure refuses every invoice base, in
    whichever run it failed. Dagster's own blocking ends with the run.
    """
    gate_keys = list(gate)

    @dg.asset(
        key=KEY,
        description="What the region's finance system invoices from: one write-once folder per "
        "municipality. A municipality that must be refused stops no other.",
        deps=[
            dg.AssetKey(["marts", "fct_municipality_month"]),
            dg.AssetKey(["marts", "fct_charge_line"]),
            dg.AssetKey(["marts", "fct_held_line"]),
            dg.AssetKey(["marts", "ingest_anomaly"]),
            dg.AssetKey(["published", "bi_snapshot"]),
        ],
        partitions_def=months,
        check_specs=[
            dg.AssetCheckSpec(
                name=CHECK,
                asset=KEY,
                description="Every municipality with a charge or a month to show got its base.",
            )
        ],
        required_resource_keys={INSTALLATION},
        group_name=GROUP,
        owners=OWNERS,
        kinds={"csv", "parquet"},
        pool=POOL,
    )
    def invoice_base(context: dg.AssetExecutionContext):
        # an annotation with type arguments is refused where an asset has checks of its own
        installation = installation_of(context)
        month = date.fromisoformat(context.partition_key)
        with writing(installation):
            report = issue_invoice_bases(
                installation.home,
                month,
                as_of_date(installation),
                failed_checks=_failed(context.instance, gate_keys),
            )
            if report.count("issued"):
                _show_issued(installation)
        return _result(report)

    return invoice_base


def _show_issued(installation: Installation) -> None:
    """The lines just issued, in the marts and in the snapshot that was published before them."""
    home, settings = installation.home, installation.settings
    with connect(home.warehouse, settings.memory_limit) as connection:
        load_issued_lines(connection, home)
    results = build(home, settings.memory_limit, select="fct_invoice_line")
    if broken := [each.unique_id for each in results if not each.is_ok]:
        raise LusError(
            f"the invoice bases are issued, but not in the marts: {', '.join(broken)}",
            where=str(home.warehouse),
            todo="run again: issuing the same is a no-op, and the marts are built anew",
        )
    publish_snapshot(home, as_of_date(installation))


def _failed(instance: dg.DagsterInstance, gate: list[dg.AssetCheckKey]) -> list[str]:
    """Names of the blocking checks whose latest execution, in any run, did not pass."""
    latest = instance.event_log_storage.get_latest_asset_check_execution_by_key(gate)
    return sorted(
        f"{key.asset_key.path[-1]}: {key.name}"
        for key, record in latest.items()
        if record.status.value == "FAILED"
    )


def _result(report: IssueReport) -> dg.MaterializeResult[Any]:
    refused = [each for each in report.outcomes if each.status == "refused"]
    return dg.MaterializeResult(
        metadata={
            "issued": report.count("issued"),
            "unchanged": report.count("unchanged"),
            "refused": len(refused),
            "total_sek": str(report.total_sek),
            "folder": dg.MetadataValue.path(str(report.folder)),
            "refusals": dg.MetadataValue.json(
                [
                    {
                        "municipality_code": each.municipality_code,
                        "reason_code": each.reason_code,
                        "reason": each.reason,
                    }
                    for each in refused
                ]
            ),
        },
        check_results=[
            dg.AssetCheckResult(
                check_name=CHECK,
                passed=not refused,
                severity=dg.AssetCheckSeverity.WARN,
                metadata={"refused": len(refused)},
            )
        ],
    )
