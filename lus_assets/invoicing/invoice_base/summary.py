"""The invoice workbook's first sheet: who pays whom, how much, and what it rests on."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from lus_assets.invoicing.shared.document import InvoiceDocument
from lus_assets.invoicing.shared.missing import missing_sv
from lus_assets.invoicing.shared.swedish import (
    VAT_CATEGORY,
    capitalised,
    day_name,
    month_name,
    word,
)
from lus_assets.publishing.workbook import RULE, SOFT_FILL, Book, Column, Kind, Sheet

_NOTHING = Decimal("0.00")
_AFTER_HYPHEN = {"bankgiro": 4, "plusgiro": 1}
"""Digits after the hyphen, as accounts are written."""
_LINE: dict[str, Any] = {"bottom": 1, "bottom_color": RULE}
_MONTH = (
    Column("Vård", 42),
    Column("Utskrivna", 14, Kind.COUNT),
    Column("Faktureringsbara", 18, Kind.COUNT),
    Column("Utskrivningsklara dagar", 18, Kind.COUNT),
    Column("Genomsnitt", 13, Kind.DAYS),
    Column("Nivå", 10, Kind.DAYS),
    Column("Dagar som debiteras", 14, Kind.DAYS),
    Column("Pris per dag", 16, Kind.MONEY),
    Column("Månaden kostar", 18, Kind.MONEY),
    Column("Fakturering", 13),
    Column("Källa eller antagande", 15),
)


def add_summary(book: Book, document: InvoiceDocument) -> None:
    """Sheet `Sammanfattning`."""
    sheet = book.sheet("Sammanfattning")
    for place, column in enumerate(_MONTH):
        sheet.raw.set_column(place, place, column.width)
    row = _opening(sheet, document)
    row = _amounts(sheet, document, row)
    row = _month(sheet, document, row)
    row = _assumptions(sheet, document, row)
    _missing(sheet, document, row)
    sheet.raw.hide_gridlines(2)
    sheet.print_setup()


def _opening(sheet: Sheet, document: InvoiceDocument) -> int:
    """Title, numbers and parties; the next free row."""
    row = sheet.title(
        document.title,
        "Utskrivningsklara patienter enligt lag (2017:612) om samverkan vid utskrivning från sluten"
        " hälso- och sjukvård",
    )
    for label, text in (
        ("Fakturanummer", document.number),
        ("Fakturaunderlag", document.invoice_base_id),
        ("Utfärdat", day_name(document.as_of)),
        ("Från", _party(document.known_seller.name, document.known_seller.organisation_number)),
        ("Till", _recipient(document)),
        ("Betalning", _payment(document)),
        ("E-faktura", _e_invoice(document)),
    ):
        for place in range(len(_MONTH)):
            sheet.write(row, place, None, bg_color=SOFT_FILL)
        sheet.write(row, 0, label, bg_color=SOFT_FILL, bold=True, indent=1)
        sheet.write(row, 1, text, bg_color=SOFT_FILL)
        row += 1
    return row + 1


def _recipient(document: InvoiceDocument) -> str:
    recipient = document.recipient
    if recipient is None:
        return f"Ingen mottagare är angiven för {document.municipality_name}"
    reference = recipient.buyer_reference or recipient.order_reference
    party = _party(recipient.recipient_name, recipient.organisation_number)
    return f"{party}, referens {reference}" if reference else party


def _party(name: str, organisation_number: str) -> str:
    if not name:
        return "Inte angivet"
    digits = organisation_number
    return f"{name} ({digits[:6]}-{digits[6:]})" if digits else name


def _payment(document: InvoiceDocument) -> str:
    if document.totals.gross <= 0:
        return "Inget att betala"
    kind, number = document.known_seller.account
    last = _AFTER_HYPHEN.get(kind)
    shown = f"{number[:-last]}-{number[-last:]}" if last else number
    named = "IBAN" if kind == "iban" else kind
    to = f" till {named} {shown}" if kind else ""
    return f"Senast {day_name(document.due_date)}{to}"


def _e_invoice(document: InvoiceDocument) -> str:
    if not document.line_rows:
        return "Ingen: det finns inga rader att fakturera"
    if missing_sv(document):
        return "Inget utkast: uppgifter om mottagare eller avsändare saknas, de står nedan"
    kind = "kreditfaktura" if document.is_credit_note else "faktura"
    return f"Utkast till {kind} i e-invoice.xml (Peppol BIS Billing 3)"


def _amounts(sheet: Sheet, document: InvoiceDocument, row: int) -> int:
    """From the month's lines and the corrections to what is to be paid; the next free row."""
    of = {name: _lines(document, name) for name in ("charge", "credit", "debit")}
    totals, vat = document.totals, document.vat
    assumed = ", antagande" if vat.is_assumption else ""
    back = totals.gross < 0
    facts: list[tuple[str, int | None, Decimal, bool]] = [
        (f"Debiteras för {month_name(document.month)}", *of["charge"], False),
        ("Tidigare månader: krediteras", *of["credit"], False),
        ("Tidigare månader: debiteras på nytt", *of["debit"], False),
        ("Summa före moms", None, totals.net, False),
        (f"Moms {vat.percent} % ({VAT_CATEGORY[vat.category]}{assumed})", None, totals.vat, False),
        ("Att betala tillbaka" if back else "Att betala", None, abs(totals.gross), True),
    ]
    waiting = [row["amount_sek"] or _NOTHING for row in document.held.to_pylist()]
    if waiting:
        facts.append(("Väntar, ingår inte ovan", len(waiting), sum(waiting, _NOTHING), False))
    row = sheet.section(row, "Belopp")
    for place, title in enumerate(("", "Rader", "Belopp")):
        sheet.heading(row, place, title, is_number=place > 0)
    for label, lines, amount, is_bold in facts:
        row += 1
        style: dict[str, Any] = {**_LINE, "bold": is_bold}
        sheet.write(row, 0, label, **style, indent=1)
        sheet.write(row, 1, lines, Kind.COUNT, **style)
        sheet.write(row, 2, amount, Kind.MONEY, **style)
    return row + 2


def _lines(document: InvoiceDocument, line_type: str) -> tuple[int, Decimal]:
    amounts = [row["amount_sek"] for row in document.line_rows if row["line_type"] == line_type]
    return len(amounts), sum(amounts, _NOTHING)


def _month(sheet: Sheet, document: InvoiceDocument, row: int) -> int:
    """The month's figures, a row per ruleset; the next free row."""
    row = sheet.section(row, month_name(document.month).capitalize())
    rows: Sequence[dict[str, Any]] = document.months.to_pylist()
    if not rows:
        sheet.write(row, 0, "Inga utskrivna vårdtillfällen den här månaden.", italic=True)
        return row + 2
    sheet.headings(_MONTH, row)
    for each in rows:
        row += 1
        values = (
            f"{word('care_type', each['care_type'])} ({each['ruleset_id']})",
            *(each[name] for name in ("episodes_discharged", "episodes_billable", "ready_days")),
            *(each[name] for name in ("mean_ready_days", "mean_level", "charged_days")),
            *(each[name] for name in ("daily_rate_sek", "amount_sek")),
            *(word(name, each[name]) for name in ("invoicing", "status")),
        )
        sheet.row(_MONTH, values, row)
    return row + 2


def _assumptions(sheet: Sheet, document: InvoiceDocument, row: int) -> int:
    """What the amounts rest on; the next free row."""
    row = sheet.section(row, "Vad beloppen vilar på")
    assumed = [f"Antagande: {each}." for each in document.assumptions]
    for text in assumed or ["Beloppen vilar inte på några antaganden om regelverk eller moms."]:
        sheet.write(row, 0, capitalised(text), indent=1)
        row += 1
    sheet.write(row, 0, "Reglerna står på bladet Regler.", indent=1)
    return row + 2


def _missing(sheet: Sheet, document: InvoiceDocument, row: int) -> None:
    """What keeps the e-invoice from being drafted; nothing when nothing does."""
    lacking = missing_sv(document) if document.line_rows else []
    if lacking:
        row = sheet.section(row, "Vad e-fakturan saknar")
        for place, text in enumerate(lacking):
            sheet.write(row + place, 0, capitalised(text), indent=1)
