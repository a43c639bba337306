"""An invoice base as JSON, whole: for finance systems that read neither workbook nor UBL.

Amounts, prices and days are text with a decimal point, so that no reader makes floats of them.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Any

from lus_assets.invoicing.shared.document import InvoiceDocument
from lus_assets.invoicing.shared.missing import missing


def invoice_json(document: InvoiceDocument) -> bytes:
    """The document as UTF-8 JSON with sorted names; equal documents give equal bytes."""
    text = json.dumps(_plain(_facts(document)), ensure_ascii=False, indent=2, sort_keys=True)
    return (text + "\n").encode("utf-8")


def _facts(document: InvoiceDocument) -> dict[str, Any]:
    totals, lacking = document.totals, missing(document)
    return {
        "number": document.number,
        "invoice_base_id": document.invoice_base_id,
        "document_type": "credit_note" if document.is_credit_note else "invoice",
        "municipality_code": document.municipality_code,
        "municipality_name": document.municipality_name,
        "month": f"{document.month:%Y-%m}",
        "as_of": document.as_of,
        "currency": "SEK",
        "total_sek": totals.net,
        "vat_sek": totals.vat,
        "payable_sek": totals.gross,
        "vat": asdict(document.vat),
        "assumptions": document.assumptions,
        "recipient": asdict(document.recipient) if document.recipient else None,
        "seller": asdict(document.seller) if document.seller else None,
        "lines": document.line_rows,
        "held": document.held.to_pylist(),
        "months": document.months.to_pylist(),
        "rulesets": document.ruleset_rows,
        "preceding": document.preceding,
        "e_invoice": {
            "is_drafted": bool(document.line_rows) and not lacking,
            "missing": lacking,
        },
        "code_version": document.code_version,
    }


def _plain(value: Any) -> Any:
    """With text where JSON has no type of its own."""
    match value:
        case Decimal():
            return f"{value:f}"
        case date():
            return value.isoformat()
        case Mapping():
            return {name: _plain(each) for name, each in value.items()}
        case list() | tuple():
            return [_plain(each) for each in value]
        case _:
            return value
