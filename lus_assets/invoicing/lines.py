"""Lines of an invoice base: typed, with ids and a content hash that follow from what they say."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal

import pyarrow as pa

from lus_assets.privacy.arrow import DataType, Table

_TEXT = pa.string()
_MONEY = pa.decimal128(18, 2)

# The columns of mart fct_invoice_line; the next build reads lines.parquet back with these types.
_COLUMNS: dict[str, tuple[DataType, str]] = {
    "invoice_line_id": (_TEXT, "Hash of base, kind, month, ruleset, episode and price."),
    "invoice_base_id": (_TEXT, "Month of issue and municipality: YYYY-MM-code."),
    "municipality_code": (_TEXT, "Municipality that pays."),
    "issue_month": (pa.date32(), "First day of the month that the base is of."),
    "original_month": (pa.date32(), "First day of the discharge month that the line charges."),
    "line_type": (_TEXT, "charge, credit or debit."),
    "corrects_line_id": (_TEXT, "Line that a correction corrects."),
    "episode_id": (_TEXT, "Episode charged; empty where a month's mean is."),
    "ruleset_id": (_TEXT, "Ruleset that the line follows from."),
    "quantity_days": (pa.decimal128(18, 4), "Days charged."),
    "unit_price_sek": (_MONEY, "Price of a day, SEK."),
    "amount_sek": (_MONEY, "Days times price, rounded half-up to öre once."),
    "issued_at": (pa.timestamp("us"), "Midnight of the issue's as_of, local time."),
    "as_of": (pa.date32(), "Deliveries with folder date up to this day counted."),
    "content_hash": (_TEXT, "SHA-256 of the base's lines without issued_at and as_of."),
}

LINE_SCHEMA = pa.schema(
    [
        pa.field(name, kind, metadata={"description": text})
        for name, (kind, text) in _COLUMNS.items()
    ]
)


@dataclass(frozen=True)
class ChargeLine:
    """What is charged, before it is issued. episode_id: None under mean models. Money in SEK."""

    ruleset_id: str
    episode_id: str | None
    quantity_days: Decimal
    unit_price_sek: Decimal
    amount_sek: Decimal

    @property
    def key(self) -> tuple[str, str, Decimal]:
        """What a line is about within its base; also the order of lines."""
        return (self.ruleset_id, self.episode_id or "", self.unit_price_sek)


@dataclass(frozen=True)
class InvoiceBase:
    """The lines that a municipality is charged for a month. `month`: its first day."""

    municipality_code: str
    month: date
    lines: tuple[ChargeLine, ...]

    @property
    def invoice_base_id(self) -> str:
        """`<YYYY-MM>-<municipality code>`."""
        return f"{self.month:%Y-%m}-{self.municipality_code}"

    @property
    def total_sek(self) -> Decimal:
        """Sum of the lines' amounts; 0.00 without lines."""
        return sum((line.amount_sek for line in self.lines), Decimal("0.00"))

    @property
    def content_hash(self) -> str:
        """SHA-256 of what is charged: the same at every as_of, whatever the order of the lines."""
        parts = [self.invoice_base_id]
        for line in sorted(self.lines, key=lambda line: line.key):
            amounts = (line.quantity_days, line.unit_price_sek, line.amount_sek)
            parts += [self.line_id(line), line.ruleset_id, line.episode_id or ""]
            parts += [f"{amount:f}" for amount in amounts]
        return _hash(parts)

    def line_id(self, line: ChargeLine) -> str:
        """32 hexadecimal digits that follow from what the line is about, not from its amount."""
        ruleset_id, episode_id, unit_price = line.key
        about = (f"{self.month:%Y-%m}", ruleset_id, episode_id, f"{unit_price:f}")
        return _hash([self.invoice_base_id, "charge", *about])[:32]

    def table(self, as_of: date) -> Table:
        """The lines as issued at `as_of`, with the columns and types of mart fct_invoice_line."""
        content_hash = self.content_hash
        rows = [
            {
                "invoice_line_id": self.line_id(line),
                "invoice_base_id": self.invoice_base_id,
                "municipality_code": self.municipality_code,
                "issue_month": self.month,
                "original_month": self.month,
                "line_type": "charge",
                "corrects_line_id": None,
                "episode_id": line.episode_id,
                "ruleset_id": line.ruleset_id,
                "quantity_days": line.quantity_days,
                "unit_price_sek": line.unit_price_sek,
                "amount_sek": line.amount_sek,
                "issued_at": datetime.combine(as_of, time()),
                "as_of": as_of,
                "content_hash": content_hash,
            }
            for line in sorted(self.lines, key=lambda line: line.key)
        ]
        return pa.Table.from_pylist(rows, schema=LINE_SCHEMA)


def _hash(parts: Sequence[str]) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
