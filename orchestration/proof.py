"""Is the warehouse what a full build would have made? A check of a job of its own, once a week.

It builds everything anew, aside, so it belongs to no run that somebody waits for. What is compared,
and when nothing can be, stands in `lus_assets/warehouse/proof.py`.
"""

import dagster as dg

from lus_assets.core.assets import INSTALLATION, POOL, writing
from lus_assets.core.installation import Installation
from lus_assets.warehouse.proof import Proof, prove
from orchestration.freshness import MARTS

NAME = "equals_full_build"
CHECK_KEY = dg.AssetCheckKey(MARTS, NAME)


def build_proof_check() -> dg.AssetChecksDefinition:
    """The check that compares every table with those of a full build."""

    @dg.asset_check(
        asset=MARTS,
        name=NAME,
        description="Builds everything anew, aside, and compares every table by hash.",
        required_resource_keys={INSTALLATION},
        pool=POOL,
    )
    def equals_full_build(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        installation: Installation = getattr(context.resources, INSTALLATION)
        with writing(installation):
            settings = installation.settings
            proof = prove(installation.home, settings)
        return proof_result(proof, is_due=settings.build == "incremental")

    return equals_full_build


def proof_result(proof: Proof, *, is_due: bool) -> dg.AssetCheckResult:
    """The check's result: it names the tables that differ, and fails; else how many are equal.

    is_due: are builds incremental? Then a proof that could compare nothing is a warning.
    """
    is_missing = is_due and bool(proof.not_compared)
    return dg.AssetCheckResult(
        passed=not proof.differing and not is_missing,
        severity=dg.AssetCheckSeverity.WARN if is_missing else dg.AssetCheckSeverity.ERROR,
        metadata={
            "tables_compared": proof.tables,
            "differing": dg.MetadataValue.json(proof.differing),
            "not_compared": proof.not_compared,
        },
    )
