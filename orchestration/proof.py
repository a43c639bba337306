"""Is the warehouse what a full build would have made? A check of a job of its own, once a week.

It builds everything anew, aside, so it belongs to no run that somebody waits for. What is compared,
and when nothing can be, stands in `lus_assets/warehouse/proof.py`. Its schedule is stopped until
an operator starts it, so another check, of every morning, tells when there has been no proof.
"""

from datetime import UTC, datetime, timedelta

import dagster as dg

from lus_assets.core.assets import INSTALLATION, POOL, last_evaluated, writing
from lus_assets.core.installation import Installation
from lus_assets.warehouse.proof import Proof, prove
from orchestration.freshness import MARTS

NAME = "equals_full_build"
CHECK_KEY = dg.AssetCheckKey(MARTS, NAME)
PROVEN = "is_proven"
PROVEN_KEY = dg.AssetCheckKey(MARTS, PROVEN)
_PROVEN_EVERY = timedelta(days=8)
"""A week, and a day for the proof that is made on it."""


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


def build_proven_check() -> dg.AssetChecksDefinition:
    """The check that warns when builds are incremental and nothing has compared them."""

    @dg.asset_check(
        asset=MARTS,
        name=PROVEN,
        description="Warns when builds are incremental and no proof of the last 8 days compared "
        "the warehouse with a full one, or the last one found a table that differs.",
        required_resource_keys={INSTALLATION},
    )
    def is_proven(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        installation: Installation = getattr(context.resources, INSTALLATION)
        is_due = installation.settings.build == "incremental"
        proven = last_proof(context.instance)
        is_late = proven is None or proven < datetime.now(UTC) - _PROVEN_EVERY
        return dg.AssetCheckResult(
            passed=not (is_due and is_late),
            severity=dg.AssetCheckSeverity.WARN,
            metadata={"found": proven.date().isoformat() if proven else "nothing"},
        )

    return is_proven


def last_proof(instance: dg.DagsterInstance) -> datetime | None:
    """When the last proof ended, if it compared something and all was equal."""
    record = last_evaluated(instance, CHECK_KEY)
    evaluation = record.evaluation if record else None
    if record is None or evaluation is None or not evaluation.passed:
        return None
    if not evaluation.metadata["tables_compared"].value:
        return None
    return datetime.fromtimestamp(record.create_timestamp, UTC)


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
