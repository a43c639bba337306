"""Jobs: what is run together. Whatever publishes builds the marts first, as of one day."""

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from lus_assets.core.assets import MAX_RUNTIME
from lus_assets.ingest.contract import FEEDS
from lus_assets.operations.assets import KEY as DISPOSAL_KEY
from orchestration.freshness import CHECK_KEYS
from orchestration.proof import CHECK_KEY as PROOF_KEY
from orchestration.proof import PROVEN_KEY

LAKE = dg.AssetSelection.assets(*(dg.AssetKey(["lake", feed]) for feed in FEEDS))
MARTS = dg.AssetSelection.groups(
    "seeds", "staging", "intermediate", "marts"
) | dg.AssetSelection.assets(
    *(dg.AssetKey(["published", name]) for name in ("bi_snapshot", "postgres_marts")),
    *(dg.AssetKey(["published", name]) for name in ("waiting_today", "month_calendar")),
)
STATISTICS = dg.AssetSelection.assets(["published", "monthly_statistics"])
FOLLOW_UP = dg.AssetSelection.assets(["published", "yearly_follow_up"])
REVIEWS = dg.AssetSelection.assets(["published", "review_base"])
INVOICES = dg.AssetSelection.assets(["published", "invoice_base"])

FRESHNESS_CHECKS = dg.AssetSelection.checks(*CHECK_KEYS, PROVEN_KEY)
"""Of no other job: a run that builds history is not late."""
PROOF_CHECK = dg.AssetSelection.checks(PROOF_KEY)
"""Of no other job: it builds everything once more."""

INGEST = "ingest"
BUILD_MARTS = "marts"
MORNING = "morning"
FRESHNESS = "freshness"
PROOF = "proof"
MONTHLY_STATISTICS = "monthly_statistics"
YEARLY_FOLLOW_UP = "yearly_follow_up"
MONTHLY_REVIEW_BASE = "monthly_review_base"
MONTHLY_INVOICE_BASE = "monthly_invoice_base"
DISPOSAL = "disposal"


def build_jobs() -> list[UnresolvedAssetJobDefinition]:
    """All jobs of the code location."""
    return [
        _job(INGEST, LAKE, "Deliveries of a day, or of a range of days, into the lake."),
        _job(BUILD_MARTS, MARTS, "Marts, checks and BI snapshot from what the lake holds."),
        _job(
            MORNING,
            LAKE | MARTS,
            "The day's deliveries, then marts, checks, snapshot and today's list.",
        ),
        dg.define_asset_job(
            FRESHNESS,
            selection=FRESHNESS_CHECKS,
            description="Is what people read still new, and proven? Builds nothing.",
            tags=MAX_RUNTIME,
        ),
        dg.define_asset_job(
            PROOF,
            selection=PROOF_CHECK,
            description="Is the warehouse what a full build would have made? Builds one aside.",
            tags=MAX_RUNTIME,
        ),
        _job(
            MONTHLY_STATISTICS,
            MARTS | STATISTICS,
            "Marts, checks, BI snapshot and the month's statistics; issues nothing, so it is also "
            "for months whose invoicing is suspended.",
        ),
        _job(
            YEARLY_FOLLOW_UP,
            MARTS | FOLLOW_UP,
            "Marts, checks, BI snapshot and the year's follow-up.",
        ),
        _job(
            MONTHLY_REVIEW_BASE,
            MARTS | REVIEWS,
            "Marts, checks, BI snapshot and the month's review bases.",
        ),
        _job(
            MONTHLY_INVOICE_BASE,
            MARTS | STATISTICS | INVOICES,
            "As monthly_statistics, and the month's invoice bases.",
        ),
        _job(
            DISPOSAL,
            dg.AssetSelection.assets(DISPOSAL_KEY),
            "Removes what the settings' [retention] allows; a dry run says what would go.",
        ),
    ]


def _job(name: str, selection: dg.AssetSelection, description: str) -> UnresolvedAssetJobDefinition:
    return dg.define_asset_job(
        name,
        selection=selection - FRESHNESS_CHECKS - PROOF_CHECK,
        description=description,
        tags=MAX_RUNTIME,
    )
