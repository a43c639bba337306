"""The review workbook's first sheet: what the month costs and why, and what hindered billing."""

from collections import Counter
from decimal import Decimal
from typing import Any

from lus_assets.invoicing.review_base.document import ReviewDocument, Row
from lus_assets.invoicing.review_base.history import add_history
from lus_assets.invoicing.review_base.words import how_charged, invoicing_words, other_reading
from lus_assets.invoicing.shared.swedish import day_name, money, month_name, responsible, word
from lus_assets.publishing.workbook import RULE, SOFT_FILL, Book, Kind, Sheet

_WIDTHS = (48, 17, 17, 19, 17, 17, 17, 19)
_CHARACTERS_A_LINE = 185

# label, column of fct_municipality_month, kind, is it summed over rulesets
_FACTS = (
    ("Utskrivna vårdtillfällen", "episodes_discharged", Kind.COUNT, True),
    ("varav faktureringsbara", "episodes_billable", Kind.COUNT, True),
    ("De faktureringsbaras utskrivningsklara dagar", "ready_days", Kind.COUNT, True),
    ("De faktureringsbaras dagar med betalningsansvar", "liable_days", Kind.COUNT, True),
    ("Genomsnitt utskrivningsklara dagar", "mean_ready_days", Kind.DAYS, False),
    ("Nivå som genomsnittet jämförs med", "mean_level", Kind.DAYS, False),
    ("Är genomsnittet över nivån?", "exceeds_level", Kind.TEXT, False),
    ("Dagar som debiteras", "charged_days", Kind.DAYS, True),
    ("Pris per dag", "daily_rate_sek", Kind.MONEY, False),
    ("Vad månaden kostar", "amount_sek", Kind.MONEY, True),
    ("varav med aktiv fakturering", "active_sek", Kind.MONEY, True),
    ("Vad den kostar med den andra läsningen", "amount_by_gate_sek", Kind.MONEY, False),
    ("Fakturering", "invoicing", Kind.TEXT, False),
    ("Källa eller antagande", "status", Kind.TEXT, False),
)
_NOTHING = Decimal("0.00")
_LINE: dict[str, Any] = {"bottom": 1, "bottom_color": RULE}


def add_summary(book: Book, document: ReviewDocument) -> None:
    """Sheet `Sammanfattning`."""
    sheet = book.sheet("Sammanfattning")
    for column, width in enumerate(_WIDTHS):
        sheet.raw.set_column(column, column, width)
    row = _opening(sheet, document)
    beside = row
    if document.this_month:
        row = _calculation(sheet, document, _figures(sheet, document, row))
        row = _hindrances(sheet, document, row)
    else:
        text = f"Kommunen har inga utskrivna vårdtillfällen i {month_name(document.month)}."
        sheet.write(row, 0, text, bold=True)
        row += 2
    add_history(book, sheet, document, row, beside=beside)
    sheet.raw.hide_gridlines(2)
    sheet.print_setup()


def _opening(sheet: Sheet, document: ReviewDocument) -> int:
    """Title, what this is, until when to object; the next free row."""
    row = sheet.title(
        document.title,
        "Utskrivningsklara patienter enligt lag (2017:612) om samverkan vid utskrivning från sluten"
        " hälso- och sjukvård",
    )
    version = "1" if document.version == 1 else f"{document.version} (ersätter tidigare versioner)"
    facts = [
        ("Sista dag för invändningar", day_name(document.objections_until)),
        ("Uppgifter kända till och med", day_name(document.as_of)),
        ("Version", f"{version}: {document.reason}" if document.reason else version),
        ("Fakturering", invoicing_words(document)),
    ]
    if document.correction_rows:
        told = f"{money(document.corrections_sek)}, se bladet Rättelser"
        facts.append(("Rättelser av tidigare månader", told))
    for label, text in facts:
        is_deadline = label == facts[0][0]
        for column in range(len(_WIDTHS)):
            sheet.write(row, column, None, bg_color=SOFT_FILL)
        sheet.write(row, 0, label, bg_color=SOFT_FILL, bold=True, indent=1)
        sheet.write(row, 1, text, bg_color=SOFT_FILL, bold=is_deadline)
        row += 1
    return row + 1


def _figures(sheet: Sheet, document: ReviewDocument, row: int) -> int:
    """The month's figures, a column per ruleset and their sum; the next free row."""
    months: list[dict[str, Any]] = [
        {**each, "active_sek": each["amount_sek"] if each["invoicing"] == "active" else _NOTHING}
        for each in document.this_month
    ]
    row = sheet.section(row, month_name(document.month).capitalize())
    has_sum = len(months) > 1
    titles = [f"{word('care_type', each['care_type'])}" for each in months]
    sheet.heading(row, 0, "Vård")
    for column, title in enumerate(titles + (["Summa"] if has_sum else []), start=1):
        sheet.heading(row, column, title, is_number=True)
    for label, name, kind, is_summed in _FACTS:
        row += 1
        style: dict[str, Any] = {**_LINE, "bold": name == "amount_sek"}
        sheet.write(row, 0, label, **style, indent=1)
        values: list[Any] = [_shown(name, each[name]) for each in months]
        if has_sum:
            values.append(_sum([each[name] for each in months]) if is_summed else "")
        for column, value in enumerate(values, start=1):
            how = Kind.TEXT if isinstance(value, str) else kind
            sheet.write(row, column, value, how, **style, align="right")
    return row + 2


def _shown(name: str, value: Any) -> Any:
    """The figure, or words for a code or for what is not there."""
    if value is None:
        return "okänt pris" if name in ("amount_sek", "active_sek") else "–"
    if isinstance(value, bool):
        return "ja" if value else "nej"
    return word(name, value) if isinstance(value, str) else value


def _sum(values: list[Any]) -> Any:
    return "okänt" if None in values else sum(values, Decimal(0))


def _calculation(sheet: Sheet, document: ReviewDocument, row: int) -> int:
    """In sentences how the cost comes about, and by the other reading; the next free row."""
    row = sheet.section(row, "Så beräknas beloppet")
    rulesets = {each["ruleset_id"]: each for each in document.ruleset_rows}
    for month in document.this_month:
        care = word("care_type", month["care_type"])
        for text in (how_charged(month, rulesets[month["ruleset_id"]]), other_reading(month)):
            if text:
                said = f"{care}: {text}"
                lines = 1 + len(said) // _CHARACTERS_A_LINE
                sheet.paragraph(row, said, columns=len(_WIDTHS), lines=lines)
                row += 1
    return row + 1


def _hindrances(sheet: Sheet, document: ReviewDocument, row: int) -> int:
    """How many episodes each blocking finding stops, the commonest first; the next free row."""
    blocking = [each for each in document.finding_rows if each["is_blocking"]]
    if not blocking:
        return row
    row = sheet.section(
        row, "Varför vårdtillfällen inte är faktureringsbara (ett kan ha flera hinder)"
    )
    sheet.heading(row, 0, "Vem som kunde ha gjort annorlunda")
    sheet.heading(row, 1, "Vårdtillfällen", is_number=True)
    for column in range(2, len(_WIDTHS)):
        title = "Anmärkning" if column == 2 else ""
        sheet.heading(row, column, title)
    counted = Counter((_party(each), str(each["text_sv"])) for each in blocking)
    for (party, text), number in sorted(counted.items(), key=lambda each: (-each[1], each[0])):
        row += 1
        sheet.write(row, 0, party, **_LINE, indent=1)
        sheet.write(row, 1, number, Kind.COUNT, **_LINE)
        for column in range(2, len(_WIDTHS)):
            sheet.write(row, column, text if column == 2 else None, **_LINE, indent=1)
    return row + 2


def _party(finding: Row) -> str:
    return responsible(finding["responsible"], finding["sender_role"])
