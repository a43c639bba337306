"""Disposal as an asset: what went, or would go, in counts per class."""

from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import dagster as dg

from lus_assets.core.assets import INSTALLATION, POOL, installation_of, writing
from lus_assets.core.local_time import today
from lus_assets.operations.dispose import Thing, dispose

KEY = dg.AssetKey(["operations", "disposal"])
OldRuns = Callable[[dg.DagsterInstance, date], Iterator[Thing]]


class DisposalConfig(dg.Config):
    """is_dry_run: say what would go, and remove nothing."""

    is_dry_run: bool = False


def build_disposal_asset(old_runs: OldRuns) -> dg.AssetsDefinition:
    """`operations/disposal`. old_runs: Dagster's runs of before a day that may go."""

    @dg.asset(
        key=KEY,
        description="Disposal (gallring): removes what is older than the settings' [retention]"
        " allows and no issued month needs; without a period nothing goes. Logged in counts.",
        required_resource_keys={INSTALLATION},
        group_name="operations",
        owners=["data@example.org"],
        kinds={"python"},
        pool=POOL,
    )
    def disposal(
        context: dg.AssetExecutionContext, config: DisposalConfig
    ) -> dg.MaterializeResult[Any]:
        installation = installation_of(context)
        landing = installation.landing
        with writing(installation):
            done = dispose(
                installation.home,
                landing if isinstance(landing, Path) else None,
                today(),
                partial(old_runs, context.instance),
                is_dry_run=config.is_dry_run,
            )
        verb = "would_go" if config.is_dry_run else "went"
        return dg.MaterializeResult(
            metadata={
                **{f"{each.data_class}_{verb}": each.count for each in done},
                **{f"{each.data_class}_kept": each.kept for each in done if each.kept},
            }
        )

    return disposal
