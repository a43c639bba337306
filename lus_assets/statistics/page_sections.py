"""What each section of the page shows: rows of figures and charts, in the order of reading."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from lus_assets.core.swedish import month_name
from lus_assets.statistics.definitions import CARE_TYPE, FINDING, RESPONSIBLE
from lus_assets.statistics.page_charts import Point, bar_chart, line_chart
from lus_assets.statistics.page_messages import county_figure, level_text
from lus_assets.statistics.page_model import (
    AGE_GROUP,
    ALL,
    DISTRICT,
    Figure,
    PageInput,
    Place,
)
from lus_assets.statistics.page_series import common_level, points, told
from lus_assets.statistics.page_words import figure_text

HELD = "ready_days_all"
"""The measure of the county that the goal of 2018 is about."""
_COUNTY_HEADS = {
    "ready_days_all": "Dagar",
    "reference_ready_days_all": "Dagar att jämföra med",
    "episodes_discharged": "Utskrivna",
}
REFERENCE_LABEL = "jämförelseår"
PLACE_MEASURES = (
    *("episodes_discharged", "episodes_billable", "share_billable"),
    *("ready_days_all", "ready_days", "mean_ready_days", "mean_ready_days_excluding_zero"),
    *("median_ready_days", "p90_ready_days", "liable_days", "share_discharged_on_day_zero"),
    *("readmissions_index_65", "readmissions_7_days_65", "share_readmitted_7_days_65"),
    *(f"episodes_blocked_by_{party}" for party in RESPONSIBLE),
)


@dataclass(frozen=True)
class Row:
    """A row of a table: its heading, then figures with the measure that says how they read."""

    heading: str
    cells: Sequence[tuple[Figure, str]]
    is_place: bool = True


def county_chart(
    page: PageInput, measure: str, care_type: str, what: str, with_level: bool = False
) -> str:
    """The development of one measure, against the level or a reference, if there is one."""
    months = page.months
    figures = [county_figure(page, measure, care_type, month) for month in months]
    if with_level:
        levels = [common_level(page, month) for month in months]
        label = (level_text(page) or "").removesuffix("dagar")
    else:
        levels = [reference(page, measure, month, care_type).value for month in months]
        label = REFERENCE_LABEL if any(each is not None for each in levels) else ""
    return line_chart(
        points(months, figures, measure), told(what, months, figures, measure), levels, label
    )


def reference(page: PageInput, measure: str, month: date, care_type: str = ALL) -> Figure:
    """What a figure of the county is held against; `not_applicable` where there is nothing."""
    return county_figure(page, f"reference_{measure}", care_type, month)


def county_rows(page: PageInput) -> list[Row]:
    """Newest month first: the means by care type, days, discharges."""
    return [
        Row(
            month_name(month),
            [
                *(
                    (county_figure(page, "mean_ready_days", each, month), "mean_ready_days")
                    for each in CARE_TYPE
                ),
                *((county_figure(page, each, ALL, month), each) for each in county_measures(page)),
            ],
        )
        for month in reversed(page.months)
    ]


def county_measures(page: PageInput) -> list[str]:
    """Counts in the county's table: days, what they are held against if anything, discharges."""
    held = f"reference_{HELD}"
    has_reference = any(reference(page, HELD, month).value is not None for month in page.months)
    return [HELD, *([held] if has_reference else []), "episodes_discharged"]


def county_heads(page: PageInput) -> list[str]:
    """Their headings."""
    return [_COUNTY_HEADS[each] for each in county_measures(page)]


def blocked_rows(page: PageInput) -> list[Row]:
    """Where in the chain it broke: discharges per party, the most first."""
    rows = [
        Row(
            text,
            [(county_figure(page, f"episodes_blocked_by_{party}"), f"episodes_blocked_by_{party}")],
        )
        for party, text in RESPONSIBLE.items()
    ]
    return _most_first(rows)


def finding_rows(page: PageInput) -> list[Row]:
    """What was missing or late: discharges per blocking finding, the most first, without zeros."""
    rows = [
        Row(FINDING[each.code], [(county_figure(page, measure), measure)])
        for each in page.findings
        if each.is_blocking
        for measure in [f"episodes_with_{each.code.lower()}"]
    ]
    return [row for row in _most_first(rows) if row.cells[0][0].status != "zero"]


def bars(rows: Sequence[Row], what: str, level: Decimal | None = None) -> str:
    """A bar chart of the rows' first figures that have a value; empty where none has."""
    shown = [(row.heading, *row.cells[0]) for row in rows if row.is_place]
    ends = [
        Point(heading, figure.exact, figure_text(figure, measure) or "")
        for heading, figure, measure in shown
        if figure_text(figure, measure) is not None
    ]
    words = "; ".join(f"{each.label} {each.text}" for each in ends)
    return bar_chart(ends, f"{what}: {words}.", level) if ends else ""


def readmission_rows(page: PageInput) -> list[Row]:
    """The county's readmissions by month, newest first."""
    measures = PLACE_MEASURES[11:14]
    return [
        Row(month_name(month), [(county_figure(page, each, ALL, month), each) for each in measures])
        for month in reversed(page.months)
    ]


def place_rows(
    page: PageInput, level: str, measures: Sequence[str], *, by_name: bool = False
) -> list[Row]:
    """A row per place of a level, the greatest first figure first or by name; no place last."""
    places = page.figures.places(page.month, level)
    rows = {
        is_place: [
            Row(
                place.name,
                [(page.figures.of(page.month, place, each), each) for each in measures],
                is_place,
            )
            for place in places
            if place.is_place == is_place
        ]
        for is_place in (True, False)
    }
    if by_name:
        ordered = sorted(rows[True], key=lambda row: row.heading)
    else:
        ordered = rows[True] if level == AGE_GROUP else _most_first(rows[True])
    return [*ordered, *rows[False]]


def district_rows(page: PageInput) -> list[Row]:
    """Stockholm's districts; none elsewhere."""
    measures = (
        "mean_ready_days",
        "episodes_discharged",
        "ready_days_all",
        "readmissions_7_days_65",
    )
    return place_rows(page, DISTRICT, measures)


def new_districts(page: PageInput) -> list[str]:
    """Names of districts that there were none of the month before, though the month is known."""
    months = page.months
    if len(months) < 2:
        return []
    before = {place.code for place in page.figures.places(months[-2], DISTRICT)}
    now = page.figures.places(page.month, DISTRICT)
    return [each.name for each in now if before and each.is_place and each.code not in before]


def compared_months(page: PageInput) -> list[date]:
    """This month, the month before, and the same month a year ago, where there are figures."""
    first = page.month
    before = (first.year, first.month - 1) if first.month > 1 else (first.year - 1, 12)
    wanted = (first, date(*before, 1), first.replace(year=first.year - 1))
    return [month for month in wanted if month in page.figures.months]


def municipality_rows(page: PageInput, place: Place) -> list[Row]:
    """All of a municipality's figures, this month beside earlier ones."""
    return [
        Row(
            measure,
            [(page.figures.of(month, place, measure), measure) for month in compared_months(page)],
        )
        for measure in PLACE_MEASURES
    ]


def _most_first(rows: Sequence[Row]) -> list[Row]:
    def order(row: Row) -> tuple[bool, Decimal]:
        exact = row.cells[0][0].exact
        return exact is None, -(exact or Decimal(0))

    return sorted(rows, key=order)
