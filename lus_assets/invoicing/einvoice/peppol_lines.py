"""Lines of the e-invoice draft: days at a price, the month that they are of, and their VAT."""

from datetime import date
from decimal import Decimal
from typing import Any

from lus_assets.core.seller import Vat
from lus_assets.invoicing.einvoice.ubl import Node, amount, branch, leaf
from lus_assets.invoicing.shared.document import InvoiceDocument, last_day
from lus_assets.invoicing.shared.swedish import CARE_TYPE, LINE_TYPE, month_name

_DAY = "DAY"  # UN/ECE recommendation 20
_INVOICED_OBJECT = "130"  # UNCL 1001: the object that a line is about (PEPPOL-EN16931-R101)
_NOT_SUBJECT_TO_VAT = "VATEX-EU-O"


def line_node(invoice: InvoiceDocument, number: int, row: dict[str, Any], sign: int) -> Node | None:
    """A line of the ledger. sign: -1 in a credit note, where what is credited is positive.

    The price is never negative (BR-27): a negative line has a negative quantity.
    """
    kind, quantity = ("Invoice", "Invoiced") if sign > 0 else ("CreditNote", "Credited")
    month: date = row["original_month"]
    return branch(
        f"cac:{kind}Line",
        leaf("cbc:ID", str(number)),
        leaf("cbc:Note", _correction(invoice, row)),
        leaf(f"cbc:{quantity}Quantity", _days(sign * row["quantity_days"]), unitCode=_DAY),
        amount("cbc:LineExtensionAmount", sign * row["amount_sek"]),
        branch(
            "cac:InvoicePeriod",
            leaf("cbc:StartDate", month.isoformat()),
            leaf("cbc:EndDate", last_day(month).isoformat()),
        ),
        branch(
            "cac:DocumentReference",
            leaf("cbc:ID", row["invoice_line_id"]),
            leaf("cbc:DocumentTypeCode", _INVOICED_OBJECT),
        ),
        branch(
            "cac:Item",
            leaf("cbc:Description", _rules(invoice, row)),
            leaf("cbc:Name", line_name(invoice, row)),
            tax_category("cac:ClassifiedTaxCategory", invoice.vat, has_reason=False),
        ),
        branch("cac:Price", amount("cbc:PriceAmount", row["unit_price_sek"])),
    )


def line_name(invoice: InvoiceDocument, row: dict[str, Any]) -> str:
    """What a line charges or credits, in Swedish, as its name on the invoice."""
    ruleset = invoice.rulesets_by_id[row["ruleset_id"]]
    days = "dagar med betalningsansvar" if row["episode_id"] else "dagar över genomsnittsnivån"
    care, month = CARE_TYPE[ruleset["care_type"]], month_name(row["original_month"])
    return f"{LINE_TYPE[row['line_type']]}: {days}, {care}, utskrivna i {month}"


def tax_category(name: str, vat: Vat, *, has_reason: bool) -> Node | None:
    """The VAT category of a line, or of the sum with its reason for exemption (BR-E-10, BR-O-10).

    What is outside the scope of VAT has no percent (BR-O-05).
    """
    is_outside = vat.category == "O"
    return branch(
        name,
        leaf("cbc:ID", vat.category),
        leaf("cbc:Percent", "" if is_outside else str(vat.percent)),
        leaf(
            "cbc:TaxExemptionReasonCode", _NOT_SUBJECT_TO_VAT if has_reason and is_outside else ""
        ),
        leaf("cbc:TaxExemptionReason", vat.exemption_reason if has_reason else ""),
        branch("cac:TaxScheme", leaf("cbc:ID", "VAT")),
    )


def _correction(invoice: InvoiceDocument, row: dict[str, Any]) -> str:
    corrected = row["corrects_line_id"]
    if not corrected:
        return ""
    number = invoice.preceding.get(corrected)
    return f"Rättar rad {corrected}" + (f" på faktura {number}" if number else "")


def _rules(invoice: InvoiceDocument, row: dict[str, Any]) -> str:
    ruleset = invoice.rulesets_by_id[row["ruleset_id"]]
    assumed = " (antagande)" if ruleset["status"] == "assumption" else ""
    return f"Regelverk {row['ruleset_id']}{assumed}"


def _days(quantity: Decimal) -> str:
    return f"{quantity.normalize():f}"
