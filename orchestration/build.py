"""Builds the definitions from parts; nothing happens at import.

Tests build them with other parts: a home and a landing area of their own.
"""

import warnings
from pathlib import Path

import dagster as dg

from lus_assets.core.assets import INSTALLATION
from lus_assets.core.home import Home
from lus_assets.core.location import Landing
from lus_assets.ingest.assets import build_feed_assets
from lus_assets.invoicing.assets import (
    build_calendar_asset,
    build_invoice_asset,
    build_review_asset,
)
from lus_assets.operations.assets import build_disposal_asset
from lus_assets.publishing.assets import build_postgres_asset, build_snapshot_asset
from lus_assets.statistics.assets import build_statistics_asset, build_today_asset
from lus_assets.statistics.yearly.assets import build_follow_up_asset
from lus_assets.warehouse.assets import build_dbt_assets, build_source_specs
from orchestration.checks import blocking_checks, build_checks
from orchestration.freshness import build_freshness_checks
from orchestration.jobs import build_jobs
from orchestration.partitions import delivery_days, discharge_months, discharge_years
from orchestration.proof import build_proof_check, build_proven_check
from orchestration.resources import InstallationResource
from orchestration.runs import old_runs
from orchestration.schedules import build_schedules
from orchestration.sensors import build_sensors


def build_defs(home: Path, landing: Landing, as_of: str = "") -> dg.Definitions:
    """The whole code location for one installation.

    home, landing: where state and deliveries lie; as_of: YYYY-MM-DD, empty for the last delivery.

    Raises:
        LusError: dbt's manifest is missing, or of other files or libraries; the error names the
            command.
    """
    warnings.filterwarnings("ignore", category=dg.BetaWarning)
    dbt = build_dbt_assets()
    marts = [key for key in dbt.keys if key.path[0] == "marts"]
    months = discharge_months()
    return dg.Definitions(
        assets=[
            *build_feed_assets(delivery_days()),
            *build_source_specs(),
            dbt,
            build_snapshot_asset(sorted(marts)),
            build_postgres_asset(),
            build_today_asset(),
            build_statistics_asset(months),
            build_follow_up_asset(discharge_years()),
            build_calendar_asset(),
            build_review_asset(months),
            build_invoice_asset(months, blocking_checks([dbt])),
            build_disposal_asset(old_runs),
        ],
        asset_checks=[
            *(*build_checks(), *build_freshness_checks()),
            *(build_proof_check(), build_proven_check()),
        ],
        jobs=build_jobs(),
        schedules=build_schedules(Home(home)),
        sensors=build_sensors(Home(home), landing),
        resources={
            INSTALLATION: InstallationResource(home=str(home), landing=str(landing), as_of=as_of)
        },
        executor=dg.in_process_executor,
    )
