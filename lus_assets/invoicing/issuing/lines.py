"""Lines of an invoice base: typed, with ids and a content hash that follow from what they say."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal

import pyarrow as pa

from lus_assets.ledger.tables import LINE_SCHEMA
from lus_assets.privacy.arrow import Table

HELD_SCHEMA = pa.schema(
    [
        *(
            LINE_SCHEMA.field(name)
            for name in (
                *("original_month", "line_type", "corrects_line_id", "episode_id", "ruleset_id"),
                *("quantity_days", "unit_price_sek", "amount_sek"),
            )
        ),
        ("held_by", pa.string()),
        ("first_dispute_id", pa.string()),
        ("open_disputes", pa.int64()),
    ]
)
"""Columns of the lines that a base leaves out for now."""


@dataclass(frozen=True)
class DueLine:
    """A line before it is issued. episode_id: None under mean models. Money in SEK.

    line_type: `charge` of the base's own month; `credit` (negative days and amount) or `debit` of
    an earlier one, with the line of the ledger that it corrects, if any.
    """

    original_month: date
    line_type: str
    corrects_line_id: str | None
    ruleset_id: str
    episode_id: str | None
    quantity_days: Decimal
    unit_price_sek: Decimal
    amount_sek: Decimal

    @property
    def key(self) -> tuple[bool, date, str, str, str, Decimal]:
        """What a line is about within its base; also the order of lines: charges first."""
        of = (self.ruleset_id, self.episode_id or "", self.line_type, self.unit_price_sek)
        return (self.line_type != "charge", self.original_month, *of)


@dataclass(frozen=True)
class HeldLine:
    """A line that waits. held_by: `dispute`, or `later_issue`: another base has it."""

    line: DueLine
    held_by: str
    first_dispute_id: str | None
    open_disputes: int | None


@dataclass(frozen=True)
class InvoiceBase:
    """The lines that a municipality is charged for a month. `month`: its first day."""

    municipality_code: str
    month: date
    lines: tuple[DueLine, ...]

    @property
    def invoice_base_id(self) -> str:
        """`<YYYY-MM>-<municipality code>`."""
        return f"{self.month:%Y-%m}-{self.municipality_code}"

    @property
    def total_sek(self) -> Decimal:
        """Sum of the lines' amounts; 0.00 without lines, negative when more is credited."""
        return sum((line.amount_sek for line in self.lines), Decimal("0.00"))

    @property
    def content_hash(self) -> str:
        """SHA-256 of what is charged: the same at every as_of, whatever the order of the lines."""
        parts = [self.invoice_base_id]
        for line in sorted(self.lines, key=lambda line: line.key):
            amounts = (line.quantity_days, line.unit_price_sek, line.amount_sek)
            parts += [self.line_id(line), line.ruleset_id, line.episode_id or ""]
            parts += [line.corrects_line_id or "", *(f"{amount:f}" for amount in amounts)]
        return _hash(parts)

    def line_id(self, line: DueLine) -> str:
        """32 hexadecimal digits that follow from what the line is about, not from its amount."""
        about = (
            *(line.line_type, f"{line.original_month:%Y-%m}", line.ruleset_id),
            *(line.episode_id or "", f"{line.unit_price_sek:f}"),
        )
        return _hash([self.invoice_base_id, *about])[:32]

    def table(self, as_of: date) -> Table:
        """The lines as issued at `as_of`, with the columns and types of mart fct_invoice_line."""
        content_hash = self.content_hash
        rows = [
            {
                **vars(line),
                "invoice_line_id": self.line_id(line),
                "invoice_base_id": self.invoice_base_id,
                "municipality_code": self.municipality_code,
                "issue_month": self.month,
                "issued_at": datetime.combine(as_of, time()),
                "as_of": as_of,
                "content_hash": content_hash,
            }
            for line in sorted(self.lines, key=lambda line: line.key)
        ]
        return pa.Table.from_pylist(rows, schema=LINE_SCHEMA)


def held_table(held: Sequence[HeldLine]) -> Table:
    """The lines that wait, and what holds each."""
    rows = [
        {
            **vars(each.line),
            "held_by": each.held_by,
            "first_dispute_id": each.first_dispute_id,
            "open_disputes": each.open_disputes,
        }
        for each in sorted(held, key=lambda each: each.line.key)
    ]
    return pa.Table.from_pylist(rows, schema=HELD_SCHEMA)


def _hash(parts: Sequence[str]) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
