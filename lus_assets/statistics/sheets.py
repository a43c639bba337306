"""A month's statistics as a workbook in Swedish, for whoever wants to work on with the figures."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

from lus_assets.core.swedish import capitalised, day_name, month_name
from lus_assets.publishing.workbook import About, Book, Column, Kind, Sheet
from lus_assets.statistics.definitions import (
    BLOCKED_BY,
    CARE_TYPE,
    MEASURES,
    Definition,
    is_mean,
    is_share,
)

WORKBOOK = "statistik.xlsx"
SUPPRESSED, NOT_APPLICABLE = "..", "–"
_MAIN = (
    *("episodes_discharged", "episodes_billable", "share_billable", "ready_days"),
    *("mean_ready_days", "mean_ready_days_excluding_zero", "median_ready_days"),
    *("p90_ready_days", "share_discharged_on_day_zero", "liable_days", "ready_days_all"),
)
_READMISSIONS = (
    *("readmissions_index_65", "readmissions_7_days_65", "share_readmitted_7_days_65"),
)

Place = tuple[str, str, str]
"""Geography level, code, name."""


@dataclass(frozen=True)
class StatisticsDocument:
    """What a month's workbook is made of.

    figures: rows of `rpt_monthly_statistics` of the month; history: the county's of earlier months
    too, all care. findings: code -> Swedish text. rulesets: id and status.
    """

    month: date
    as_of: date
    code_version: str
    limit: int
    is_preliminary: bool
    figures: Sequence[Mapping[str, object]]
    history: Sequence[Mapping[str, object]]
    findings: Mapping[str, str]
    rulesets: Sequence[Mapping[str, str]]

    @cached_property
    def values(self) -> dict[tuple[Place, str, str], object]:
        """(place, care type, measure) -> what a cell shows."""
        return {
            (_place(row), str(row["care_type"]), str(row["measure"])): shown(row)
            for row in self.figures
        }

    @cached_property
    def measures(self) -> dict[str, Definition]:
        """Measures that have words; a reference only where the region has one."""
        there = {measure for _, _, measure in self.values}
        return {
            name: each
            for name, each in MEASURES.items()
            if name in there or not name.startswith("reference_")
        }

    def places(self, level: str) -> list[Place]:
        """Places of a level by name, `other` and `unknown` last."""
        found = {_place(row) for row in self.figures if row["geography_level"] == level}
        return sorted(found, key=lambda place: (place[1] in ("other", "unknown"), place[2]))


def shown(row: Mapping[str, object]) -> object:
    """A figure as a cell has it: exact, `..` where suppressed, `–` where there is none."""
    if row["value_status"] == "suppressed":
        return SUPPRESSED
    value = row["value"]
    return value.normalize() if isinstance(value, Decimal) else NOT_APPLICABLE


def statistics_workbook(document: StatisticsDocument) -> bytes:
    """The workbook's bytes; equal documents give equal bytes."""
    title = f"Utskrivningsklara patienter, {month_name(document.month)}"
    book = Book(
        About(
            title=title,
            subject="Månadsstatistik enligt lag (2017:612)",
            author="Regionen",
            as_of=document.as_of,
            comments=f"Programversion {document.code_version}.",
            footer=f"{title}. Uppgifter till och med {day_name(document.as_of)}.",
        )
    )
    for add in _SHEETS:
        add(book, document, title)
    return book.content()


def _place(row: Mapping[str, object]) -> Place:
    return str(row["geography_level"]), str(row["geography_code"]), str(row["geography_name"])


def kind(measure: str) -> Kind:
    """How a measure's cells are shown."""
    if is_share(measure):
        return Kind.SHARE
    return Kind.DAYS if is_mean(measure) else Kind.COUNT


def _columns(measures: Sequence[str]) -> list[Column]:
    return [Column(MEASURES[measure].title, 19, kind(measure)) for measure in measures]


def _read_me(book: Book, document: StatisticsDocument, title: str) -> None:
    sheet = book.sheet("Om siffrorna")
    sheet.raw.set_column(0, 0, 34)
    sheet.raw.set_column(1, 1, 70)
    row = sheet.title(title, f"Uppgifter till och med {day_name(document.as_of)}.")
    notes = [
        f"{SUPPRESSED}  betyder att uppgiften inte visas. Antal från 1 till {document.limit - 1} "
        "på rader för kommuner och stadsdelsområden visas inte, och inte heller uppgifter som de "
        "skulle kunna räknas fram ur. Noll visas som 0.",
        f"{NOT_APPLICABLE}  betyder att det inte finns något att räkna på.",
        "Kommunen är den betalningsansvariga. Återinskrivningar följer folkbokföringskommunen. "
        "Raden Okänd kommun innehåller även patienter med skyddade personuppgifter.",
    ]
    if document.is_preliminary:
        notes.insert(
            0, "Månaden eller uppföljningen av återinskrivningar är inte slut: preliminärt."
        )
    for note in notes:
        sheet.paragraph(
            row,
            note,
            columns=2,
            lines=1 + len(note) // 100,
            bold=document.is_preliminary and row == 3,
        )
        row += 1
    row = sheet.section(row + 1, "Regler som månaden bygger på")
    rules = (Column("Regel", None), Column("Källa eller antagande", None))
    sheet.headings(rules, row)
    for each in document.rulesets:
        row += 1
        status = "antagande" if each["status"] == "assumption" else "enligt källa"
        sheet.row(rules, (each["ruleset_id"], status), row)
    sheet.print_setup(is_landscape=False)


def _county(book: Book, document: StatisticsDocument, title: str) -> None:
    sheet = book.sheet("Länet")
    row = sheet.title(f"Hela länet, {month_name(document.month)}")
    county = next(iter(document.places("county")), ("county", "", ""))
    heads = [
        Column("Mått", 40),
        *(Column(capitalised(each), 16, Kind.DAYS) for each in CARE_TYPE.values()),
    ]
    sheet.headings(heads, row)
    for measure, definition in document.measures.items():
        row += 1
        sheet.write(row, 0, definition.title)
        for number, care_type in enumerate(CARE_TYPE, start=1):
            value = document.values.get((county, care_type, measure), NOT_APPLICABLE)
            sheet.write(row, number, value, kind(measure))
    row = sheet.section(row + 2, "Utvecklingen, all vård")
    _trend(sheet, document, row)
    sheet.print_setup()


def _trend(sheet: Sheet, document: StatisticsDocument, row: int) -> None:
    measures = _MAIN[:8]
    heads = [Column("Månad", None), *(Column(MEASURES[m].title, 19, kind(m)) for m in measures)]
    sheet.headings(heads, row)
    by_month: dict[object, dict[object, object]] = {}
    for each in document.history:
        by_month.setdefault(each["month"], {})[each["measure"]] = shown(each)
    for month, values in sorted(by_month.items(), key=lambda item: str(item[0])):
        row += 1
        name = f"{month:%Y-%m}" if isinstance(month, date) else str(month)
        sheet.row(heads, [name, *(values.get(m, NOT_APPLICABLE) for m in measures)], row)


def _places(
    book: Book, document: StatisticsDocument, name: str, levels: str, measures: Sequence[str]
) -> None:
    sheet = book.sheet(name)
    # a district has no code of its own
    codes = [] if levels == "district" else [Column("Kod", 9)]
    heads = [Column("Område", 30), *codes, Column("Vård", 17), *_columns(measures)]
    rows = [
        [
            place[2],
            *(place[1] if place[1].isdigit() else "" for _ in codes),
            capitalised(CARE_TYPE[care_type]),
            *(document.values.get((place, care_type, m), NOT_APPLICABLE) for m in measures),
        ]
        for level in levels.split()
        for place in document.places(level)
        for care_type in CARE_TYPE
    ]
    sheet.table(heads, rows, frozen_columns=1)
    sheet.print_setup()


def _municipalities(book: Book, document: StatisticsDocument, title: str) -> None:
    _places(book, document, "Kommuner", "county municipality", _MAIN)


def _districts(book: Book, document: StatisticsDocument, title: str) -> None:
    if document.places("district"):
        _places(book, document, "Stadsdelar", "district", _MAIN)


def _readmissions(book: Book, document: StatisticsDocument, title: str) -> None:
    levels = "county municipality district"
    _places(book, document, "Återinskrivningar", levels, _READMISSIONS)


def _findings(book: Book, document: StatisticsDocument, title: str) -> None:
    sheet = book.sheet("Anmärkningar")
    codes = {f"episodes_with_{code.lower()}": text for code, text in document.findings.items()}
    heads = [
        Column("Område", 30),
        *(Column(name, 16, Kind.COUNT) for name in BLOCKED_BY.values()),
        *(Column(text, 22, Kind.COUNT) for text in codes.values()),
    ]
    rows = [
        [place[2], *(document.values.get((place, "all", m), 0) for m in (*BLOCKED_BY, *codes))]
        for level in ("county", "municipality", "district")
        for place in document.places(level)
    ]
    sheet.table(heads, rows, frozen_columns=1)
    sheet.raw.set_row(0, 126)
    sheet.print_setup(pages_wide=2)


def _definitions(book: Book, document: StatisticsDocument, title: str) -> None:
    sheet = book.sheet("Definitioner")
    heads = (Column("Mått", 36), Column("Betydelse", 80, Kind.WRAPPED), Column("I CSV-filen", 32))
    rows = [(each.title, each.text, name) for name, each in document.measures.items()]
    sheet.table(heads, rows)
    sheet.print_setup()


_SHEETS: tuple[Callable[[Book, StatisticsDocument, str], None], ...] = (
    *(_read_me, _county, _municipalities, _districts, _findings, _readmissions, _definitions),
)
