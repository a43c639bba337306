"""An invoice base as a document: all that its files say, frozen, and what follows from it."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from typing import Any

from lus_assets.core.seller import Seller, Vat
from lus_assets.invoicing.shared.recipients import InvoiceRecipient
from lus_assets.invoicing.shared.swedish import month_name
from lus_assets.privacy.arrow import Table

ORE = Decimal("0.01")


@dataclass(frozen=True)
class Totals:
    """SEK. net: the sum of the lines; vat: on it, rounded half-up once; gross: both."""

    net: Decimal
    vat: Decimal

    @property
    def gross(self) -> Decimal:
        """What is to be paid, negative when it is to be paid back."""
        return self.net + self.vat


@dataclass(frozen=True)
class InvoiceDocument:
    """One municipality's invoice base of one month, as issued.

    number: given at issue. month: its first day. as_of: the date of issue. lines: columns of
    the ledger. held: columns of `lines.HELD_SCHEMA`. months: rows of fct_municipality_month or
    fct_reviewed_month, of this municipality and month. rulesets: rows of dim_ruleset, of every
    line. preceding: corrected line's id -> number of the invoice that it was issued in.
    """

    number: str
    invoice_base_id: str
    municipality_code: str
    municipality_name: str
    month: date
    as_of: date
    lines: Table
    held: Table
    months: Table
    rulesets: Table
    code_version: str
    recipient: InvoiceRecipient | None
    seller: Seller | None
    preceding: dict[str, str]

    @cached_property
    def line_rows(self) -> list[dict[str, Any]]:
        """The lines as rows, in their order."""
        return self.lines.to_pylist()

    @property
    def ruleset_rows(self) -> list[dict[str, Any]]:
        """The rulesets by id."""
        return sorted(self.rulesets.to_pylist(), key=lambda row: row["ruleset_id"])

    @cached_property
    def rulesets_by_id(self) -> dict[str, dict[str, Any]]:
        """Ruleset id -> its row."""
        return {row["ruleset_id"]: row for row in self.ruleset_rows}

    @property
    def title(self) -> str:
        """`Fakturaunderlag mars 2024, Huddinge (0126)`."""
        whose = f"{self.municipality_name} ({self.municipality_code})"
        return f"Fakturaunderlag {month_name(self.month)}, {whose}"

    @property
    def known_seller(self) -> Seller:
        """The seller, or one of which nothing is known."""
        return self.seller or Seller()

    @property
    def vat(self) -> Vat:
        """The VAT of every line."""
        return self.known_seller.vat

    @cached_property
    def totals(self) -> Totals:
        """Sums of the lines, SEK."""
        net = sum((row["amount_sek"] for row in self.line_rows), Decimal("0.00"))
        vat = (net * self.vat.percent / 100).quantize(ORE, ROUND_HALF_UP)
        return Totals(net, vat)

    @property
    def is_credit_note(self) -> bool:
        """Is money to be paid back?"""
        return self.totals.net < 0

    @property
    def due_date(self) -> date:
        """The last day to pay, by the seller's terms."""
        return self.as_of + timedelta(days=self.known_seller.payment_terms_days)

    @property
    def period(self) -> tuple[date, date]:
        """First and last day that the lines are about: corrections reach back to their months."""
        months = [self.month, *(row["original_month"] for row in self.line_rows)]
        return min(months), last_day(max(months))

    @property
    def assumptions(self) -> list[str]:
        """What the amounts rest on that no source settles, in Swedish; empty when nothing does."""
        used = {row["ruleset_id"] for row in self.line_rows}
        found = [
            f"regelverk {name}"
            for name, row in self.rulesets_by_id.items()
            if name in used and row["status"] == "assumption"
        ]
        return found + [f"momskategori {self.vat.category}"] * self.vat.is_assumption


def last_day(month: date) -> date:
    """The last day of a month."""
    return (month.replace(day=1) + timedelta(days=31)).replace(day=1) - timedelta(days=1)
