"""Is what people read still new? Our own checks, of a job of their own.

Dagster's alerts for overdue assets exist only in the paid product, and a check that is part of the
runs which build would never tell that none ran. What is expected by when stands in
`lus_assets/operations/freshness.py`.
"""

from datetime import date

import dagster as dg

from lus_assets.core.assets import INSTALLATION, shown_safely
from lus_assets.core.installation import Installation
from lus_assets.core.local_time import today
from lus_assets.operations.freshness import (
    Freshness,
    expected_day,
    snapshot_freshness,
    statistics_freshness,
)
from lus_assets.publishing.assets import POSTGRES_KEY, SNAPSHOT_KEY
from lus_assets.publishing.postgres import postgres_dsn
from lus_assets.statistics.assets import KEY as STATISTICS

MARTS = dg.AssetKey(["marts", "dim_snapshot"])
NAME = "is_fresh"
CHECKED = (MARTS, SNAPSHOT_KEY, POSTGRES_KEY, STATISTICS)
CHECK_KEYS = tuple(dg.AssetCheckKey(asset, NAME) for asset in CHECKED)


def recorded_freshness(
    instance: dg.DagsterInstance, asset: dg.AssetKey, today: date, days: int
) -> Freshness:
    """What an asset knew when it was made last, as its run recorded it."""
    event = instance.get_latest_materialization_event(asset)
    materialization = event.asset_materialization if event else None
    as_of = materialization.metadata.get("as_of") if materialization else None
    return Freshness(str(as_of.value) if as_of else "", expected_day(today, days))


def build_freshness_checks() -> list[dg.AssetChecksDefinition]:
    """One check per thing that people read."""
    return [_check(asset) for asset in CHECKED]


def _check(asset: dg.AssetKey) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=asset,
        name=NAME,
        description="Warns when it is older than the schedules should have left it.",
        required_resource_keys={INSTALLATION},
    )
    def is_fresh(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        installation: Installation = getattr(context.resources, INSTALLATION)
        with shown_safely():
            found = _freshness(asset, installation, context.instance, today())
        return dg.AssetCheckResult(
            passed=found.is_fresh,
            severity=dg.AssetCheckSeverity.WARN,
            metadata={"found": found.found or "nothing", "expected": found.expected},
        )

    return is_fresh


def _freshness(
    asset: dg.AssetKey, installation: Installation, instance: dg.DagsterInstance, today: date
) -> Freshness:
    home, days = installation.home, installation.settings.freshness_days
    if asset == STATISTICS:
        return statistics_freshness(home, today)
    if asset == SNAPSHOT_KEY:
        return snapshot_freshness(home, today, days)
    if asset == POSTGRES_KEY and postgres_dsn() is None:
        return Freshness("not published there", "")
    return recorded_freshness(instance, asset, today, days)
