"""The month among the twelve before it: a table per kind of care, and one small chart."""

from datetime import date
from itertools import groupby

from lus_assets.invoicing.review_base.document import ReviewDocument, Row
from lus_assets.invoicing.shared.swedish import CARE_TYPE, capitalised, month_name
from lus_assets.publishing.workbook import HEADER_FILL, RULE, Book, Column, Kind, Sheet

_MONTHS_BEFORE = 12
_COLUMNS = (
    (Column("Månad"), "month"),
    (Column("Utskrivna vårdtillfällen", kind=Kind.COUNT), "episodes_discharged"),
    (Column("Faktureringsbara", kind=Kind.COUNT), "episodes_billable"),
    (Column("Utskrivningsklara dagar", kind=Kind.COUNT), "ready_days"),
    (Column("Genomsnitt, dagar", kind=Kind.DAYS), "mean_ready_days"),
    (Column("Nivå, dagar", kind=Kind.DAYS), "mean_level"),
    (Column("Debiterade dagar", kind=Kind.DAYS), "charged_days"),
    (Column("Belopp", kind=Kind.MONEY), "amount_sek"),
)
_TITLES = tuple(column.title for column, _ in _COLUMNS)
_ZERO_WHEN_QUIET = (
    "episodes_discharged",
    "episodes_billable",
    "ready_days",
    "charged_days",
    "amount_sek",
)
_LEVEL_COLOUR = "#B4441F"


def add_history(
    book: Book, sheet: Sheet, document: ReviewDocument, row: int, *, beside: int
) -> int:
    """Below `row` the tables, and the chart to the right of the month's figures at row `beside`.

    Months in which a kind of care had no episodes stand there with zeros, so that none is missed.
    """
    chart = None
    first_month = min((each["billing_month"] for each in document.month_rows), default=date.max)
    for care_type, of_care in groupby(document.month_rows, key=lambda each: each["care_type"]):
        rows = _with_quiet_months(list(of_care), first_month, document.month)
        care = CARE_TYPE[care_type]
        row = sheet.section(row, f"Månad för månad: {care}")
        first = row + 1
        row = _table(sheet, rows, row, document.month)
        has_level = any(each["mean_level"] is not None for each in rows)
        if chart is None or (has_level and not chart[1]):
            chart = (_chart(book, sheet, first, row - 1, care, has_level), has_level)
        row += 1
    if chart and document.this_month:
        told = "Diagram över de senaste tretton månaderna; siffrorna står i tabellerna nedanför."
        options = {"x_offset": 18, "object_position": 2, "description": told}
        sheet.raw.insert_chart(beside, 4, chart[0], options)
    return row


def _table(sheet: Sheet, rows: list[Row], top: int, this_month: date) -> int:
    columns = [column for column, _ in _COLUMNS]
    sheet.headings(columns, top)
    for number, each in enumerate(rows, start=top + 1):
        values = [month_name(each["billing_month"]), *(each[name] for _, name in _COLUMNS[1:])]
        sheet.row(columns, values, number, bold=each["billing_month"] == this_month)
    return top + 1 + len(rows)


def _with_quiet_months(rows: list[Row], first: date, this_month: date) -> list[Row]:
    """The rows, and one of zeros for every month without any, oldest first.

    first: the first month of which the municipality has any row at all; before it nothing is
    known, and cells stay empty.
    """
    there = {row["billing_month"] for row in rows}
    quiet: list[Row] = [
        dict.fromkeys((name for _, name in _COLUMNS), None)
        | (dict.fromkeys(_ZERO_WHEN_QUIET, 0) if month >= first else {})
        | {"billing_month": month, "ruleset_id": ""}
        for back in range(_MONTHS_BEFORE + 1)
        if (month := _months_back(this_month, back)) not in there
    ]
    return sorted([*rows, *quiet], key=lambda row: (row["billing_month"], row["ruleset_id"]))


def _months_back(month: date, back: int) -> date:
    number = month.year * 12 + month.month - 1 - back
    return date(number // 12, number % 12 + 1, 1)


def _chart(book: Book, sheet: Sheet, first: int, last: int, care: str, has_level: bool) -> object:
    """Columns for what is charged by: the mean with its level as a line, or the days charged."""
    measured = "Genomsnitt, dagar" if has_level else "Debiterade dagar"
    shown = _TITLES.index(measured)
    chart = book.raw.add_chart({"type": "column"})
    chart.add_series(
        {
            "name": measured,
            "categories": sheet.reference(first, 0, last, 0),
            "values": sheet.reference(first, shown, last, shown),
            "fill": {"color": HEADER_FILL},
            "gap": 60,
        }
    )
    if has_level:
        level = _TITLES.index("Nivå, dagar")
        line = book.raw.add_chart({"type": "line"})
        line.add_series(
            {
                "name": "Nivå",
                "categories": sheet.reference(first, 0, last, 0),
                "values": sheet.reference(first, level, last, level),
                "line": {"color": _LEVEL_COLOUR, "width": 2},
            }
        )
        chart.combine(line)
    chart.set_title({"name": f"{capitalised(care)}: {measured.lower()}", "name_font": {"size": 11}})
    chart.set_legend({"position": "bottom"} if has_level else {"none": True})
    chart.set_y_axis({"min": 0, "major_gridlines": {"visible": True, "line": {"color": RULE}}})
    chart.set_x_axis({"num_font": {"rotation": -45, "size": 8}})
    chart.set_size({"width": 490, "height": 290})
    return chart
