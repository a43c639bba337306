"""The invoice workbook's lists: lines, corrections, lines that wait. Headings stand in row 1."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from lus_assets.invoicing.shared.document import InvoiceDocument
from lus_assets.invoicing.shared.swedish import count, month_name, word
from lus_assets.publishing.workbook import Book, Column, Kind, Sheet

_WHOLE_MONTH = "Hela månaden"
_NOTHING = Decimal("0.00")

_LINE = (
    Column("Rad", 7, Kind.COUNT),
    Column("Slag", 19),
    Column("Avser utskrivna i", 17),
    Column("Vård", 20),
    Column("Vårdtillfälle", 20),
    Column("Regel", 26),
    Column("Dagar", 11, Kind.DAYS),
    Column("Pris per dag", 15, Kind.MONEY),
    Column("Belopp", 18, Kind.MONEY),
    Column("Rättar rad på faktura", 16),
    Column("Radens id", 36),
)
_CORRECTION = (
    Column("Avser utskrivna i", 17),
    Column("Vårdtillfälle", 20),
    Column("Regel", 26),
    Column("Faktura som rättas", 17),
    Column("Dagar då", 11, Kind.DAYS),
    Column("Krediteras", 18, Kind.MONEY),
    Column("Dagar nu", 11, Kind.DAYS),
    Column("Debiteras på nytt", 18, Kind.MONEY),
    Column("Skillnad", 18, Kind.MONEY),
)
_HELD = (
    Column("Slag", 19),
    Column("Avser utskrivna i", 17),
    Column("Vårdtillfälle", 20),
    Column("Regel", 26),
    Column("Dagar", 11, Kind.DAYS),
    Column("Pris per dag", 15, Kind.MONEY),
    Column("Belopp", 18, Kind.MONEY),
    Column("Varför raden väntar", 58),
    Column("Invändning", 20),
)


def add_lines(book: Book, document: InvoiceDocument) -> None:
    """Sheet `Rader`: every line, numbered as on the e-invoice, and their sum."""
    sheet = book.sheet("Rader")
    rows = [
        (
            number,
            word("line_type", row["line_type"]),
            month_name(row["original_month"]),
            word("care_type", document.rulesets_by_id[row["ruleset_id"]]["care_type"]),
            row["episode_id"] or _WHOLE_MONTH,
            row["ruleset_id"],
            row["quantity_days"],
            row["unit_price_sek"],
            row["amount_sek"],
            document.preceding.get(row["corrects_line_id"]),
            row["invoice_line_id"],
        )
        for number, row in enumerate(document.line_rows, start=1)
    ]
    _list(sheet, _LINE, rows, [8], "Inga rader: inget att fakturera för månaden.")


def add_corrections(book: Book, document: InvoiceDocument) -> None:
    """Sheet `Rättelser`: what earlier months were, what they are now, and the difference."""
    rows = [
        (
            month_name(month),
            episode_id or _WHOLE_MONTH,
            ruleset_id,
            ", ".join(numbers) or None,
            -credited["quantity_days"],
            credited["amount_sek"],
            debited["quantity_days"],
            debited["amount_sek"],
            credited["amount_sek"] + debited["amount_sek"],
        )
        for (month, ruleset_id, episode_id), numbers, credited, debited in _pairs(document)
    ]
    sheet = book.sheet("Rättelser")
    _list(sheet, _CORRECTION, rows, [5, 7, 8], "Inga rättelser av tidigare månader.")


def add_held(book: Book, document: InvoiceDocument) -> None:
    """Sheet `Väntar`: lines that are not charged yet, and why."""
    rows = [
        (
            word("line_type", row["line_type"]),
            month_name(row["original_month"]),
            row["episode_id"] or _WHOLE_MONTH,
            row["ruleset_id"],
            row["quantity_days"],
            row["unit_price_sek"],
            row["amount_sek"],
            _why(row),
            row["first_dispute_id"],
        )
        for row in document.held.to_pylist()
    ]
    _list(book.sheet("Väntar"), _HELD, rows, [6], "Inga rader väntar.")


def _why(row: dict[str, Any]) -> str:
    if row["held_by"] == "later_issue":
        return "Ett annat fakturaunderlag har redan tagit upp eller rättat raden."
    objections = count(row["open_disputes"], "öppen invändning", "öppna invändningar")
    return f"{objections}. Raden kommer med när det är avgjort."


def _pairs(
    document: InvoiceDocument,
) -> list[tuple[tuple[date, str, str], list[str], dict[str, Decimal], dict[str, Decimal]]]:
    """Corrected month, ruleset, episode -> invoices corrected, sums of credits, sums of debits."""
    about: dict[tuple[date, str, str], list[dict[str, Any]]] = {}
    for row in document.line_rows:
        if row["line_type"] != "charge":
            key = (row["original_month"], row["ruleset_id"], row["episode_id"] or "")
            about.setdefault(key, []).append(row)
    return [
        (
            key,
            sorted({document.preceding.get(row["corrects_line_id"], "") for row in rows} - {""}),
            _sums(rows, "credit"),
            _sums(rows, "debit"),
        )
        for key, rows in sorted(about.items())
    ]


def _sums(rows: Sequence[dict[str, Any]], line_type: str) -> dict[str, Decimal]:
    kept = [row for row in rows if row["line_type"] == line_type]
    return {
        name: sum((row[name] for row in kept), _NOTHING) for name in ("quantity_days", "amount_sek")
    }


def _list(
    sheet: Sheet,
    columns: Sequence[Column],
    rows: Sequence[Sequence[Any]],
    summed: Sequence[int],
    when_empty: str,
) -> None:
    """A table with the sums of its columns `summed` below, or in words that it is empty."""
    after = sheet.table(columns, rows)
    if rows:
        last: list[Any] = [
            sum((row[place] or _NOTHING for row in rows), _NOTHING) if place in summed else None
            for place in range(len(columns))
        ]
        last[[each.kind for each in columns].index(Kind.TEXT)] = "Summa"
        sheet.row(columns, last, after, bold=True)
    else:
        sheet.write(1, 0, when_empty, italic=True)
    sheet.print_setup()
