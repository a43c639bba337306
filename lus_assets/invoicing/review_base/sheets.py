"""The review workbook's lists: episodes, findings, corrections. Headings stand in row 1."""

from typing import Any

from lus_assets.invoicing.review_base.document import ReviewDocument
from lus_assets.invoicing.shared.swedish import (
    day_name,
    legal_reference,
    month_name,
    responsible,
    word,
)
from lus_assets.publishing.workbook import Book, Column, Kind, Sheet

_QUIET = "#6B7785"

_EPISODE = (
    (Column("Vårdtillfälle", 20), "episode_id"),
    (Column("Person-id", 15), "person_id"),
    (Column("Faktureringsbar", 16), "is_billable"),
    (Column("Utskrivningsklara dagar", 18, Kind.COUNT), "ready_days"),
    (Column("Dagar med betalningsansvar", 18, Kind.COUNT), "liable_days"),
    (Column("Inskriven", 19, Kind.MOMENT), "admitted_at"),
    (Column("Inskrivningsmeddelande", 24, Kind.MOMENT), "admission_notice_at"),
    (Column("Underrättelse om utskrivningsklar", 20, Kind.MOMENT), "ready_notice_at"),
    (Column("Dag noll", 11, Kind.DATE), "day_zero"),
    (Column("Betalningsansvaret inträder", 19, Kind.DATE), "liability_entry_date"),
    (Column("Utskriven", 19, Kind.MOMENT), "discharged_at"),
    (Column("Fast vårdkontakt utsedd", 19, Kind.MOMENT), "permanent_contact_at"),
    (Column("Kallelse till SIP", 19, Kind.MOMENT), "sip_call_at"),
    (Column("Samordnad vårdplan", 19, Kind.MOMENT), "care_plan_at"),
    (Column("Insatser behövs från", 13), "needs"),
    (Column("Samtycke", 13), "consent_status"),
    (Column("Vård", 17), "care_type"),
    (Column("Vårdenhet", 28), "hospital_unit"),
    (Column("Inskrivning", 12), "admission_type"),
    (Column("Utskriven till", 16), "discharge_type"),
    (Column("Ansvar enligt", 14), "liability_basis"),
    (Column("Stadsdelsområde", 25), "district_code"),
    (Column("Återtagna utskrivningsklara dagar", 25, Kind.COUNT), "withdrawn_ready_days"),
    (Column("Öppen invändning", 12), "has_open_dispute"),
    (Column("Regel", 26), "ruleset_id"),
    (Column("Hinder", 100, Kind.WRAPPED), "hindrance"),
)
_CODED = (
    "needs",
    "consent_status",
    "care_type",
    "admission_type",
    "discharge_type",
    "liability_basis",
)

_FINDING = (
    Column("Vårdtillfälle", 20),
    Column("Person-id", 15),
    Column("Utskriven", 12, Kind.DATE),
    Column("Är ett hinder", 12),
    Column("Anmärkning", 95, Kind.WRAPPED),
    Column("Vem som kunde ha gjort annorlunda", 20),
    Column("Lagrum", 36, Kind.WRAPPED),
)

_CORRECTION = (
    Column("Rättad månad", 17),
    Column("Rad", 16),
    Column("Vårdtillfälle", 20),
    Column("Regel", 28),
    Column("Dagar", 12, Kind.DAYS),
    Column("Pris per dag", 16, Kind.MONEY),
    Column("Belopp", 18, Kind.MONEY),
)


_CHANGED = (
    (Column("Rättad månad"), "original_month"),
    (Column("Ändring"), "change_type"),
    (Column("Vårdtillfälle"), "episode_id"),
    (Column("Person-id"), "person_id"),
    (Column("Utskriven då", kind=Kind.DATE), "discharge_date_reviewed"),
    (Column("Utskriven nu", kind=Kind.DATE), "discharge_date_now"),
    (Column("Utskrivningsklara dagar då", kind=Kind.COUNT), "ready_days_reviewed"),
    (Column("Utskrivningsklara dagar nu", 18, Kind.COUNT), "ready_days_now"),
    (Column("Dagar med betalningsansvar då", 18, Kind.COUNT), "liable_days_reviewed"),
    (Column("Dagar med betalningsansvar nu", 18, Kind.COUNT), "liable_days_now"),
    (Column("Faktureringsbar då", 16), "is_billable_reviewed"),
    (Column("Faktureringsbar nu", 16), "is_billable_now"),
)
_CHANGE = {
    "appeared": "har tillkommit",
    "changed": "har ändrats",
    "disappeared": "hör inte längre hit",
}


def add_episodes(book: Book, document: ReviewDocument) -> None:
    """Sheet `Vårdtillfällen`: every episode with the dates that decide. Not billable: in grey."""
    sheet = book.sheet("Vårdtillfällen")
    shown = [
        (column, name)
        for column, name in _EPISODE
        if name != "district_code" or any(row[name] for row in document.episode_rows)
    ]
    hindrances = _hindrances(document)
    rows: list[list[Any]] = []
    for row in document.episode_rows:
        worded = {**row, **{name: word(name, row[name]) for name in _CODED}}
        worded["hindrance"] = hindrances.get(row["episode_id"])
        rows.append([worded[name] for _, name in shown])
    after = sheet.table([column for column, _ in shown], rows, frozen_columns=2)
    grey = {"type": "formula", "criteria": '=$C2="nej"', "format": book.change(font_color=_QUIET)}
    sheet.raw.conditional_format(1, 0, after, len(shown) - 1, grey)
    if not rows:
        _say(sheet, "Kommunen har inga vårdtillfällen den här månaden.")
    sheet.print_setup(pages_wide=3)
    sheet.raw.repeat_columns(0, 1)


def add_findings(book: Book, document: ReviewDocument) -> None:
    """Sheet `Anmärkningar`: what was found, who could have done otherwise, by which paragraph."""
    sheet = book.sheet("Anmärkningar")
    episodes = {row["episode_id"]: row for row in document.episode_rows}
    rows = [
        (
            row["episode_id"],
            episodes[row["episode_id"]]["person_id"],
            episodes[row["episode_id"]]["discharge_date"],
            row["is_blocking"],
            row["text_sv"],
            responsible(row["responsible"], row["sender_role"]),
            legal_reference(row["legal_reference"]),
        )
        for row in document.finding_rows
    ]
    sheet.table(_FINDING, rows, frozen_columns=2)
    if not rows:
        _say(sheet, "Inga anmärkningar på månadens vårdtillfällen.")
    sheet.print_setup()


def add_corrections(book: Book, document: ReviewDocument) -> None:
    """Sheet `Rättelser`: lines of earlier months, their sum, and the episodes that changed."""
    sheet = book.sheet("Rättelser")
    rows = [
        (
            month_name(row["original_month"]),
            word("line_type", row["line_type"]),
            row["episode_id"] or "Hela månaden",
            row["ruleset_id"],
            row["quantity_days"],
            row["unit_price_sek"],
            row["amount_sek"],
        )
        for row in document.correction_rows
    ]
    after = sheet.table(_CORRECTION, rows)
    if rows:
        values = ("Summa", None, None, None, None, None, document.corrections_sek)
        sheet.row(_CORRECTION, values, after, bold=True)
        month = month_name(document.month)
        sheet.write(after + 2, 0, f"Raderna kommer med i fakturaunderlaget för {month}.")
        _add_changed(sheet, document, after + 4)
    else:
        _say(sheet, "Inga rättelser av tidigare månader.")
    sheet.print_setup()


def _add_changed(sheet: Sheet, document: ReviewDocument, top: int) -> None:
    """Which episodes are known otherwise than when their month was reviewed, then and now."""
    row = sheet.section(top, "Vårdtillfällen som rättelserna beror på")
    if not document.changed_rows:
        text = (
            "Inget vårdtillfälle har ändrats. Raderna beror på regler eller priser, eller hölls"
            " inne tidigare."
        )
        sheet.write(row, 0, text, italic=True)
        return
    known = f"Då: när månaden granskades. Nu: som det är känt den {day_name(document.as_of)}."
    sheet.write(row, 0, f"{known} Invändningar mot dem görs på bladet Invändningar.")
    columns = [column for column, _ in _CHANGED]
    sheet.headings(columns, row + 1)
    for number, each in enumerate(document.changed_rows, start=row + 2):
        worded = {
            **each,
            "original_month": month_name(each["original_month"]),
            "change_type": _CHANGE[each["change_type"]],
        }
        sheet.row(columns, [worded[name] for _, name in _CHANGED], number)


def _hindrances(document: ReviewDocument) -> dict[str, str]:
    """Episode id -> the texts of what blocks it, one a line."""
    texts: dict[str, list[str]] = {}
    for row in document.finding_rows:
        if row["is_blocking"]:
            texts.setdefault(row["episode_id"], []).append(row["text_sv"])
    return {episode_id: "\n".join(each) for episode_id, each in texts.items()}


def _say(sheet: Sheet, text: str) -> None:
    """In words what an empty list means."""
    sheet.write(1, 0, text, italic=True)
