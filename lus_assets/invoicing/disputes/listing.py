"""Disputes as a case officer follows them: from the BI snapshot, without persons or grounds."""

from dataclasses import dataclass
from datetime import date

from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.ingest.catalog import Catalog
from lus_assets.ingest.contract import DISPUTES
from lus_assets.ingest.files import recorded_path
from lus_assets.ingest.received import received_files
from lus_assets.invoicing.disputes.objections import shown_id
from lus_assets.privacy.keys import Pseudonymizer
from lus_assets.publishing.snapshot import DATABASE
from lus_assets.warehouse.connection import connect

_DISPUTES = """
    select
        dispute_id, municipality_code, billing_month, coalesce(episode_id, named_stay_id), status,
        cast(raised_at as date), objections_until, days_left, effect
    from marts.fct_dispute
    where
        (? is null or billing_month = ?) and (? is null or municipality_code = ?)
        and (not ? or status = 'open')
    order by status <> 'open', days_left, billing_month, municipality_code, dispute_id
"""


@dataclass(frozen=True)
class ListedDispute:
    """A row of mart fct_dispute, which describes its fields."""

    dispute_id: str
    municipality_code: str
    billing_month: date
    episode_id: str
    status: str
    raised_on: date
    objections_until: date
    days_left: int
    effect: str


@dataclass(frozen=True)
class DisputeList:
    """Disputes as known at as_of, the open ones with the fewest days left first."""

    as_of: date
    disputes: list[ListedDispute]


def list_disputes(
    home: Home,
    month: date | None = None,
    municipality_code: str | None = None,
    *,
    only_open: bool = False,
) -> DisputeList:
    """The snapshot's disputes, of a month or municipality if given.

    Raises:
        LusError: there is no snapshot.
    """
    database = home.published / "bi" / DATABASE
    if not database.exists():
        raise LusError(
            "there is no snapshot yet",
            where=str(home.root),
            todo="build the marts first: lus run --through marts",
        )
    given = [month, month, municipality_code, municipality_code, only_open]
    with connect(database, read_only=True) as connection:
        row = connection.execute("select as_of from marts.dim_snapshot").fetchone()
        found = connection.execute(_DISPUTES, given).fetchall()
    if row is None:
        raise LusError("the snapshot is empty", where=str(database), todo="run again")
    return DisputeList(row[0], [ListedDispute(*each) for each in found])


def waiting_files(home: Home, pseudonymizer: Pseudonymizer) -> int:
    """How many received files of disputes no run has ingested yet."""
    if not home.catalog.exists():
        return len(received_files(home, DISPUTES.name))
    with Catalog.opened(home) as catalog:
        known = {each.path for each in catalog.file_versions()}
    return sum(
        recorded_path(file.path, pseudonymizer) not in known
        for file in received_files(home, DISPUTES.name)
    )


def as_table(found: DisputeList) -> list[tuple[str, ...]]:
    """Heading and rows to show a person."""
    heading = (
        *("dispute", "municipality", "month", "episode", "status", "raised", "until", "days left"),
        "effect",
    )
    rows = [
        (
            shown_id(each.dispute_id),
            each.municipality_code,
            f"{each.billing_month:%Y-%m}",
            shown_id(each.episode_id),
            each.status,
            str(each.raised_on),
            str(each.objections_until),
            str(each.days_left),
            each.effect.replace("_", " "),
        )
        for each in found.disputes
    ]
    return [heading, *rows]
