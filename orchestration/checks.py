"""Checks beside dbt's data tests: what findings a month has, and the two borders.

Belongs here: turning counted figures and border results into asset checks. Does not: counting
(fct_finding_month does) and expectations themselves (package expectations).
"""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from datetime import date, timedelta

import dagster as dg

from expectations.adapter import BorderResult
from lus_assets.core.assets import INSTALLATION, shown_safely
from lus_assets.core.installation import Installation
from lus_assets.ingest.contract import FEEDS
from lus_assets.invoicing.assets import INVOICE_KEY as INVOICE_BASE
from lus_assets.operations.finding_counts import FindingCount, count_findings, finding_codes
from lus_assets.privacy.redact import redact
from lus_assets.statistics.assets import KEY as STATISTICS
from lus_assets.statistics.yearly.assets import KEY as FOLLOW_UP
from lus_assets.warehouse.assets import as_of_date
from lus_assets.warehouse.connection import connect
from orchestration.partitions import RANGE_END, RANGE_START

LAKE_KEYS = frozenset(dg.AssetKey(["lake", feed]) for feed in FEEDS)
FINDING_MONTH = dg.AssetKey(["marts", "fct_finding_month"])
MONTH_TAG = "lus/month"
"""Run tag: the discharge month (YYYY-MM) that finding checks report on."""


def build_checks() -> list[dg.AssetChecksDefinition]:
    """All checks that are not dbt tests."""
    return [
        _finding_checks(),
        *(_delivered_check(feed) for feed in FEEDS),
        *(_published_check(asset) for asset in (STATISTICS, FOLLOW_UP, INVOICE_BASE)),
    ]


def blocking_checks(definitions: Iterable[dg.AssetsDefinition]) -> list[dg.AssetCheckKey]:
    """Keys of the checks that stop an invoice base: every blocking check of these assets."""
    return [
        spec.key for definition in definitions for spec in definition.check_specs if spec.blocking
    ]


def month_of_run(tags: Mapping[str, str], assets: AbstractSet[dg.AssetKey], as_of: date) -> date:
    """The month to report on: the run's own, otherwise the last that was over at as_of.

    assets: of the run's job. A run from the UI has no tag of ours; its partition is a delivery day
    where it takes in deliveries, and a month otherwise.
    """
    if MONTH_TAG in tags:
        return date.fromisoformat(f"{tags[MONTH_TAG]}-01")
    partition = tags.get("dagster/partition")
    if partition and not assets & LAKE_KEYS:
        return date.fromisoformat(partition)
    first_of_month = (as_of + timedelta(days=1)).replace(day=1)
    return (first_of_month - timedelta(days=1)).replace(day=1)


def _month(context: dg.AssetCheckExecutionContext, installation: Installation) -> date:
    assets = context.job_def.asset_layer.selected_asset_keys
    return month_of_run(context.run.tags, assets, as_of_date(installation))


def _finding_checks() -> dg.AssetChecksDefinition:
    descriptions = finding_codes()

    @dg.multi_asset_check(
        name="finding_checks",
        specs=[
            dg.AssetCheckSpec(name=f"month_{code.lower()}", asset=FINDING_MONTH, description=text)
            for code, text in descriptions.items()
        ],
        required_resource_keys={INSTALLATION},
    )
    def finding_checks(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        installation: Installation = getattr(context.resources, INSTALLATION)
        with shown_safely():
            month = _month(context, installation)
            with connect(installation.home.warehouse, read_only=True) as connection:
                counts = count_findings(connection, month, installation.settings)
        yield from (_finding_result(count) for count in counts)

    return finding_checks


def _finding_result(count: FindingCount) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=FINDING_MONTH,
        check_name=f"month_{count.finding_code.lower()}",
        passed=count.is_within_threshold,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "month": count.month.strftime("%Y-%m"),
            "episodes_with_finding": count.episodes_with_finding,
            "episodes_discharged": count.episodes_discharged,
            "share": round(count.share, 4),
            "warns_above_share": count.threshold,
            "per_hospital_unit": _table("hospital_unit", count.per_hospital_unit),
            "per_municipality": _table("municipality_code", count.per_municipality),
        },
    )


def _table(name: str, rows: list[tuple[str, int, int]]) -> dg.TableMetadataValue:
    columns = [dg.TableColumn(name, "string")]
    columns += [dg.TableColumn(each, "int") for each in ("with_finding", "discharged")]
    return dg.MetadataValue.table(
        [
            dg.TableRecord({name: redact(place), "with_finding": found, "discharged": total})
            for place, found, total in rows
        ],
        schema=dg.TableSchema(columns),
    )


def _delivered_check(feed: str) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=dg.AssetKey(["lake", feed]),
        name="as_delivered",
        description="Great Expectations at the border: what was delivered keeps the contract.",
        required_resource_keys={INSTALLATION},
    )
    def as_delivered(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        from expectations.delivered import check_delivered

        installation: Installation = getattr(context.resources, INSTALLATION)
        with shown_safely():
            days = _days_of_run(dict(context.run.tags), installation)
            return _border_result(check_delivered(installation.home, feed, *days))

    return as_delivered


def _published_check(asset: dg.AssetKey) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=asset,
        name="as_published",
        description="Great Expectations at the border: what was published can be relied on.",
        required_resource_keys={INSTALLATION},
    )
    def as_published(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        from expectations.published import check_published_statistics
        from expectations.published_follow_up import check_published_follow_up
        from expectations.published_invoices import check_published_invoices

        check = {
            STATISTICS: check_published_statistics,
            FOLLOW_UP: check_published_follow_up,
            INVOICE_BASE: check_published_invoices,
        }[asset]
        installation: Installation = getattr(context.resources, INSTALLATION)
        with shown_safely():
            month = _month(context, installation)
            return _border_result(check(installation.home, month))

    return as_published


def _border_result(result: BorderResult) -> dg.AssetCheckResult:
    """A border's result as a check: promises by their sentence, never a value."""
    kept = not result.failures and not result.warnings
    return dg.AssetCheckResult(
        passed=kept,
        severity=dg.AssetCheckSeverity.ERROR if result.failures else dg.AssetCheckSeverity.WARN,
        metadata={
            "suite": result.suite,
            "promises": len(result.checked),
            "broken": dg.MetadataValue.json(list(result.failures)),
            "warnings": dg.MetadataValue.json(list(result.warnings)),
        },
    )


def _days_of_run(tags: dict[str, str], installation: Installation) -> tuple[date, date]:
    """First and last delivery day of the run; outside a partitioned run, the last one delivered."""
    first = tags.get(RANGE_START) or tags.get("dagster/partition")
    last = tags.get(RANGE_END) or first
    if first is None or last is None:
        day = as_of_date(installation)
        return day, day
    return date.fromisoformat(first), date.fromisoformat(last)
