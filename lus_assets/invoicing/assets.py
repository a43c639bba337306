"""Review bases and invoice bases: a partition per discharge month, a folder per municipality."""

from collections.abc import Iterable
from datetime import date
from typing import Any

import dagster as dg

from lus_assets.core.assets import (
    INSTALLATION,
    POOL,
    installation_of,
    last_evaluated,
    shown_safely,
    writing,
)
from lus_assets.core.errors import LusError
from lus_assets.core.installation import Installation
from lus_assets.invoicing.calendar import as_table, month_statuses
from lus_assets.invoicing.issuing.invoice_bases import issue_invoice_bases
from lus_assets.invoicing.issuing.issue import complete
from lus_assets.invoicing.issuing.outcome import IssueReport
from lus_assets.invoicing.issuing.review_bases import issue_review_bases
from lus_assets.publishing.assets import SNAPSHOT_KEY
from lus_assets.publishing.snapshot import publish_snapshot
from lus_assets.warehouse.assets import as_of_date
from lus_assets.warehouse.basis import in_doubt
from lus_assets.warehouse.connection import connect
from lus_assets.warehouse.dbt_runner import build
from lus_assets.warehouse.prepare import load_issued

GROUP = "published"
OWNERS = ["marts@example.org"]
REVIEW_KEY = dg.AssetKey(["published", "review_base"])
INVOICE_KEY = dg.AssetKey(["published", "invoice_base"])
CHECK = "nothing_refused"
_WHAT_WAS_ISSUED = "stg_review+ stg_invoice+ stg_issued_line+ fct_invoice_line"
"""Models that follow the ledger, in dbt's words."""


def build_review_asset(months: dg.MonthlyPartitionsDefinition) -> dg.AssetsDefinition:
    """`published/review_base`."""

    @dg.asset(
        key=REVIEW_KEY,
        description="What each municipality may look at and object to, three weeks before it is "
        "invoiced: one frozen folder per municipality, with its own people only.",
        deps=_made_of(
            *("fct_discharge_episode", "fct_episode_finding", "fct_municipality_month"),
            *("fct_correction_line", "fct_restatement"),
        ),
        partitions_def=months,
        required_resource_keys={INSTALLATION},
        group_name=GROUP,
        owners=OWNERS,
        kinds={"excel", "csv"},
        pool=POOL,
    )
    def review_base(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        installation = installation_of(context)
        month = date.fromisoformat(context.partition_key)
        with writing(installation):
            complete(installation.home)
            report = issue_review_bases(installation.home, month, as_of_date(installation))
            if report.count("issued"):
                _show_issued(installation)
        return dg.MaterializeResult(metadata=_counts(report))

    return review_base


def build_invoice_asset(
    months: dg.MonthlyPartitionsDefinition, gate: Iterable[dg.AssetCheckKey]
) -> dg.AssetsDefinition:
    """`published/invoice_base`.

    gate: the blocking checks; one whose last result is a failure refuses every invoice base, in
    whichever run it failed. Dagster's own blocking ends with the run.
    """
    gate_keys = list(gate)
    is_whole = "Every municipality with a charge or a month to show got its base."

    @dg.asset(
        key=INVOICE_KEY,
        description="What the region's finance system invoices from: one write-once folder per "
        "municipality. A municipality that must be refused stops no other.",
        deps=_made_of("fct_reviewed_month", "fct_due_line", "ingest_anomaly"),
        partitions_def=months,
        check_specs=[dg.AssetCheckSpec(name=CHECK, asset=INVOICE_KEY, description=is_whole)],
        required_resource_keys={INSTALLATION},
        group_name=GROUP,
        owners=OWNERS,
        kinds={"excel", "csv", "xml"},
        pool=POOL,
    )
    def invoice_base(context: dg.AssetExecutionContext):
        # an annotation with type arguments is refused where an asset has checks of its own
        installation = installation_of(context)
        month = date.fromisoformat(context.partition_key)
        failed = _failed(context.instance, gate_keys)
        with writing(installation):
            complete(installation.home)
            as_of = as_of_date(installation)
            report = issue_invoice_bases(installation.home, month, as_of, failed_checks=failed)
            if report.count("issued"):
                _show_issued(installation)
        return _result(report)

    return invoice_base


def build_calendar_asset() -> dg.AssetsDefinition:
    """`published/month_calendar`."""

    @dg.asset(
        key=["published", "month_calendar"],
        description="Where every month stands between review base, objections and invoice base, "
        "and what is due when.",
        deps=_made_of("fct_month_status"),
        required_resource_keys={INSTALLATION},
        group_name=GROUP,
        owners=OWNERS,
        kinds={"python"},
    )
    def month_calendar(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        with shown_safely():
            as_of, months = month_statuses(installation_of(context).home)
        heading, *rows = as_table(months)
        lines = (heading, ["---"] * len(heading), *rows)
        table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        due = {each.billing_month: each.is_due(as_of) for each in months if as_of}
        return dg.MaterializeResult(
            metadata={
                "as_of": str(as_of),
                "due": ", ".join(f"{what} {month:%Y-%m}" for month, what in due.items() if what)
                or "nothing",
                "months": dg.MetadataValue.md(table),
            }
        )

    return month_calendar


def _made_of(*marts: str) -> list[dg.AssetKey]:
    """These marts, and the snapshot that they are read from."""
    return [*(dg.AssetKey(["marts", mart]) for mart in marts), SNAPSHOT_KEY]


def _show_issued(installation: Installation) -> None:
    """What was just issued, in the marts and in the snapshot that was published before it."""
    home, settings = installation.home, installation.settings
    as_of = as_of_date(installation)
    with in_doubt(home):
        with connect(home.warehouse, settings.memory_limit) as connection:
            load_issued(connection, home, as_of)
        results = build(home, settings, select=_WHAT_WAS_ISSUED)
        if broken := [each.unique_id for each in results if not each.is_ok]:
            raise LusError(
                f"the bases are issued, but not in the marts: {', '.join(broken)}",
                where=str(home.warehouse),
                todo="run again: issuing the same is a no-op, and the marts are built anew",
            )
    publish_snapshot(home, as_of)


def _failed(instance: dg.DagsterInstance, gate: list[dg.AssetCheckKey]) -> list[str]:
    """Names of the blocking checks that did not pass when they were last evaluated, in any run."""
    return sorted(
        f"{key.asset_key.path[-1]}: {key.name}"
        for key in gate
        if (record := last_evaluated(instance, key)) and record.status.value == "FAILED"
    )


def _result(report: IssueReport) -> dg.MaterializeResult[Any]:
    refused = [each for each in report.outcomes if each.status == "refused"]
    return dg.MaterializeResult(
        metadata={
            **_counts(report),
            "refused": len(refused),
            "total_sek": str(report.total_sek),
            "held_lines": sum(each.held_lines for each in report.outcomes),
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
            "without_e_invoice": dg.MetadataValue.json(
                {each.municipality_code: each.notes for each in report.outcomes if each.notes}
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


def _counts(report: IssueReport) -> dict[str, Any]:
    return {
        "as_of": str(report.as_of),
        "issued": report.count("issued"),
        "unchanged": report.count("unchanged"),
        "folder": dg.MetadataValue.path(str(report.folder)),
    }
