"""The base that a line was issued in, as the ledger has it, with the review base before it."""

from dataclasses import dataclass
from typing import Any

from lus_assets.core.errors import LusError
from lus_assets.explain.words import Row
from lus_assets.invoicing.issuing.documents import tables_of
from lus_assets.ledger.ledger import Entry, Ledger


@dataclass(frozen=True)
class LineBase:
    """An invoice base, the review base before it, and the tables that each froze."""

    invoice: Entry
    review: Entry
    invoice_tables: dict[str, Any]
    review_tables: dict[str, Any]


def line_base(ledger: Ledger, line: Row) -> LineBase:
    """The base of a line of mart fct_invoice_line; LusError when the ledger does not have it."""
    month, code = line["issue_month"], line["municipality_code"]
    invoice, review = ledger.newest("invoice", month, code), ledger.newest("review", month, code)
    if invoice is None or review is None or invoice.content_hash != line["content_hash"]:
        raise LusError(
            "the ledger does not have the invoice base of this line",
            where=f"ledger, {month:%Y-%m} {code}",
            todo="run `lus ledger verify`; bring the ledger back with `lus restore`",
        )
    return LineBase(invoice, review, tables_of(ledger, invoice), tables_of(ledger, review))
