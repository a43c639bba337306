"""Where every month stands, as the BI snapshot has it (mart fct_month_status)."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from lus_assets.core.home import Home
from lus_assets.publishing.snapshot import DATABASE
from lus_assets.warehouse.connection import connect

_MONTHS = """
    select
        billing_month, status, review_due_on, reviewed_as_of, objections_until, invoice_due_on,
        review_bases, invoice_bases, municipalities_awaited, issued_sek, open_disputes, held_lines
    from marts.fct_month_status order by billing_month
"""


@dataclass(frozen=True)
class MonthStatus:
    """A row of mart fct_month_status, which describes its fields. Money in SEK."""

    billing_month: date
    status: str
    review_due_on: date
    reviewed_as_of: date | None
    objections_until: date
    invoice_due_on: date
    review_bases: int
    invoice_bases: int
    municipalities_awaited: int
    issued_sek: Decimal
    open_disputes: int
    held_lines: int

    def is_due(self, as_of: date) -> str | None:
        """What is to be issued as known at a day: `review`, `invoice` or nothing."""
        if self.status == "to_review" and self.review_due_on <= as_of:
            return "review"
        if self.status == "to_invoice" and self.invoice_due_on <= as_of:
            return "invoice"
        return None


def month_statuses(home: Home) -> tuple[date | None, list[MonthStatus]]:
    """The snapshot's as_of and its months, oldest first; None and nothing without a snapshot."""
    database: Path = home.published / "bi" / DATABASE
    if not database.exists():
        return None, []
    with connect(database, read_only=True) as connection:
        row = connection.execute("select as_of from marts.dim_snapshot").fetchone()
        months = [MonthStatus(*each) for each in connection.execute(_MONTHS).fetchall()]
    return (row[0] if row else None), months


def as_table(months: list[MonthStatus]) -> list[tuple[str, ...]]:
    """Heading and rows to show a person, newest month first."""
    heading = (
        *("month", "status", "review due", "reviewed", "objections until", "invoice due"),
        *("bases", "awaited", "SEK issued", "open disputes", "held lines"),
    )
    rows = [
        (
            f"{each.billing_month:%Y-%m}",
            each.status.replace("_", " "),
            str(each.review_due_on),
            str(each.reviewed_as_of or ""),
            str(each.objections_until),
            str(each.invoice_due_on),
            str(each.invoice_bases),
            str(each.municipalities_awaited),
            f"{each.issued_sek:,}".replace(",", " "),
            str(each.open_disputes),
            str(each.held_lines),
        )
        for each in reversed(months)
    ]
    return [heading, *rows]
