"""The sheet that a municipality fills in and sends back, and how a returned one is recognised.

One row per episode stands there already; more rows below take a second objection to the same one.
A hidden sheet holds whose review base it is, and the lists that the drop-downs offer.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from lus_assets.invoicing.review_base.document import ReviewDocument
from lus_assets.invoicing.shared.swedish import day_name
from lus_assets.publishing.workbook import FILL_IN, Book, Column, Kind, Sheet

SHEET, HIDDEN = "Invändningar", "lus"
LAYOUT = "granskningsunderlag 1"
MARKS = ("layout", "municipality_code", "month", "version")
"""Keys in the hidden sheet's first column; their values stand beside."""

EPISODE, GROUND, WORDS, DATE, CONTACT = (
    "Vårdtillfälle",
    "Vad invändningen gäller",
    "Motivering",
    "Datum",
    "Kontaktperson",
)

_COLUMNS = (
    Column(EPISODE, 20),
    Column("Person-id", 15),
    Column("Utskriven", 12, Kind.DATE),
    Column("Utskrivningsklara dagar", 18, Kind.COUNT),
    Column("Faktureringsbar", 16),
    Column(GROUND, 52),
    Column(WORDS, 60, Kind.WRAPPED),
    Column(DATE, 12, Kind.DATE),
    Column(CONTACT, 28),
)
_TITLES = [column.title for column in _COLUMNS]
_FILLED_IN = frozenset(_TITLES.index(each) for each in (GROUND, WORDS, DATE, CONTACT))
_HEADING_ROW = 3
_FREE_ROWS = 20
_TAB_COLOUR = "#FFC000"

_INSTRUCTION = (
    "Fyll i de gula cellerna på raden för det vårdtillfälle som invändningen gäller, och skicka"
    " tillbaka hela arbetsboken senast den {until}. Rader som lämnas tomma räknas inte. Gäller två"
    " invändningar samma vårdtillfälle: välj det igen på en rad längst ned. Skriv inga"
    " personnummer i motiveringen."
)


@dataclass(frozen=True)
class Ground:
    """What an objection can be about. `code` never changes: it is part of the dispute's id."""

    code: str
    text: str


OTHER = Ground("other", "Annat (beskriv i motiveringen)")
GROUNDS = (
    Ground("municipality", "Fel kommun: personen är inte kommunens ansvar"),
    Ground("admission_notice", "Inskrivningsmeddelandet saknas eller kom för sent"),
    Ground("ready_notice", "Underrättelsen saknas, är fel eller togs tillbaka"),
    Ground("permanent_contact", "Fast vårdkontakt utsågs inte"),
    Ground("sip_call", "Kallelsen till SIP saknas eller kom för sent"),
    Ground("care_plan", "Samordnad vårdplan saknas"),
    Ground("region_services", "Regionens insatser var inte tillgängliga"),
    Ground("needs", "Patienten behövde inga insatser från kommunen"),
    Ground("declined", "Patienten tackade nej till insatser"),
    Ground("days", "Datum eller antal dagar stämmer inte"),
    OTHER,
)


def add_objections(book: Book, document: ReviewDocument) -> None:
    """Sheets `Invändningar` and the hidden one."""
    sheet = book.sheet(SHEET)
    sheet.raw.set_tab_color(_TAB_COLOUR)
    known = _to_object_to(document)
    free = [[None] * len(_COLUMNS)] * (_FREE_ROWS if known else 0)
    sheet.table(_COLUMNS, known, top=_HEADING_ROW, frozen_columns=1, fill_in=_FILLED_IN)
    first_free = _HEADING_ROW + 1 + len(known)
    for number, values in enumerate(free, start=first_free):
        sheet.row(_COLUMNS, values, number, _FILLED_IN | {0})
    sheet.title(f"Invändningar mot {document.title[0].lower()}{document.title[1:]}")
    text = _INSTRUCTION.format(until=day_name(document.objections_until))
    sheet.paragraph(1, text, columns=len(_COLUMNS), lines=2, bg_color=FILL_IN)
    hidden = _hidden(book, document, [str(row[0]) for row in known])
    if known:
        last = first_free + len(free) - 1
        ids = hidden.reference(0, 3, len(known) - 1, 3)
        grounds = hidden.reference(0, 4, len(GROUNDS) - 1, 4)
        _offer(sheet, first_free, last, EPISODE, ids, "Välj ett vårdtillfälle i listan.")
        _offer(sheet, _HEADING_ROW + 1, last, GROUND, grounds, "Välj en grund i listan.")
        _expect_date(sheet, last, document)
    else:
        sheet.write(_HEADING_ROW + 1, 0, "Det finns inga vårdtillfällen att invända mot.")
    sheet.print_setup()


def _to_object_to(document: ReviewDocument) -> list[list[object]]:
    """The month's episodes, and those of earlier months that corrections rest on, as known now."""
    corrected = (
        {**row, **{name: row[f"{name}_now"] for name in ("discharge_date", "ready_days")}}
        | {"is_billable": row["is_billable_now"]}
        for row in document.changed_rows
        if row["change_type"] != "disappeared"
    )
    shown = ("episode_id", "person_id", "discharge_date", "ready_days", "is_billable")
    return [
        [*(row[name] for name in shown), *[None] * len(_FILLED_IN)]
        for row in (*document.episode_rows, *corrected)
    ]


def _hidden(book: Book, document: ReviewDocument, episode_ids: Sequence[str]) -> Sheet:
    """The marks, the episode ids and the grounds."""
    sheet = book.sheet(HIDDEN, is_hidden=True)
    month = f"{document.month:%Y-%m}"
    values = (LAYOUT, document.municipality_code, month, str(document.version))
    for row, (name, value) in enumerate(zip(MARKS, values, strict=True)):
        sheet.write(row, 0, name)
        sheet.write(row, 1, value)
    for row, episode_id in enumerate(episode_ids):
        sheet.write(row, 3, episode_id)
    for row, ground in enumerate(GROUNDS):
        sheet.write(row, 4, ground.text)
    return sheet


def _offer(sheet: Sheet, first: int, last: int, title: str, source: str, message: str) -> None:
    """A drop-down in a column's rows."""
    column = _TITLES.index(title)
    sheet.raw.data_validation(
        *(first, column, last, column),
        {
            "validate": "list",
            "source": source,
            "error_title": title,
            "error_message": message,
        },
    )


def _expect_date(sheet: Sheet, last: int, document: ReviewDocument) -> None:
    """Dates from the review base's own on."""
    column = _TITLES.index(DATE)
    sheet.raw.data_validation(
        *(_HEADING_ROW + 1, column, last, column),
        {
            "validate": "date",
            "criteria": ">=",
            "value": document.as_of,
            "error_title": "Datum",
            "error_message": f"Skriv datumet som {document.as_of}, tidigast den dagen.",
        },
    )
