"""Is what people read still new? Our own checks, of a job of their own.

Dagster's alerts for overdue assets exist only in the paid product, and a check that is part of the
runs which build would never tell that none ran. Belongs here: what is expected by when. Does not:
building anything.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import dagster as dg

from lus_assets.core.assets import INSTALLATION, shown_safely
from lus_assets.core.home import Home
from lus_assets.core.installation import Installation
from lus_assets.invoicing.calendar import month_statuses
from lus_assets.publishing.assets import POSTGRES_KEY, SNAPSHOT_KEY
from lus_assets.publishing.postgres import postgres_dsn
from lus_assets.publishing.release import find_versions
from lus_assets.statistics.assets import KEY as STATISTICS
from orchestration.partitions import TIME_ZONE

MARTS = dg.AssetKey(["marts", "dim_snapshot"])
NAME = "is_fresh"
CHECKED = (MARTS, SNAPSHOT_KEY, POSTGRES_KEY, STATISTICS)
CHECK_KEYS = tuple(dg.AssetCheckKey(asset, NAME) for asset in CHECKED)
STATISTICS_DAY = 5
"""Day of the following month on which the schedule publishes a month's statistics."""


@dataclass(frozen=True)
class Freshness:
    """found: how new it is, as ISO date or month; empty when it is not there at all."""

    found: str
    expected: str

    @property
    def is_fresh(self) -> bool:
        """Is it at least as new as expected?"""
        return self.found >= self.expected


def expected_day(today: date, days: int) -> str:
    """The delivery day that must be known on a morning; days: how old that may be."""
    return (today - timedelta(days=days)).isoformat()


def expected_month(today: date) -> str:
    """The newest month whose statistics must be out on a morning."""
    before = today.replace(day=1) - timedelta(days=1)
    if today.day < STATISTICS_DAY:
        before = before.replace(day=1) - timedelta(days=1)
    return f"{before:%Y-%m}"


def snapshot_freshness(home: Home, today: date, days: int) -> Freshness:
    """What the BI snapshot knows."""
    as_of, _ = month_statuses(home)
    return Freshness(as_of.isoformat() if as_of else "", expected_day(today, days))


def statistics_freshness(home: Home, today: date) -> Freshness:
    """The newest month that has a release."""
    folders = sorted((home.published / "statistics").glob("????-??"))
    months = [folder.name for folder in folders if find_versions(folder)]
    return Freshness(months[-1] if months else "", expected_month(today))


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
        today = datetime.now(ZoneInfo(TIME_ZONE)).date()
        with shown_safely():
            found = _freshness(asset, installation, context.instance, today)
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
