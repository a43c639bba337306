"""What each section of the page shows: rows of figures and charts, in the order of reading."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from lus_assets.core.swedish import month_name
from lus_assets.statistics.page_charts import Point, bar_chart, line_chart, spark
from lus_assets.statistics.page_messages import county_figure, level_text
from lus_assets.statistics.page_model import (
    AGE_GROUP,
    ALL,
    DISTRICT,
    MUNICIPALITY,
    Figure,
    PageInput,
    Place,
)
from lus_assets.statistics.page_words import (
    CARE_TYPE,
    FINDING,
    RESPONSIBLE,
    figure_text,
    value_text,
)

_PANEL_MONTHS = 12
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


@dataclass(frozen=True)
class Panel:
    """A municipality among the small multiples."""

    place: Place
    figure: Figure
    verdict: str
    is_above: bool
    svg: str


def short_month(month: date) -> str:
    """`mar 24`."""
    return f"{month_name(month)[:3]} {month:%y}"


def county_chart(
    page: PageInput, measure: str, care_type: str, what: str, with_level: bool = False
) -> str:
    """The county's development of one measure."""
    months = page.months
    figures = [county_figure(page, measure, care_type, month) for month in months]
    levels = [_common_level(page, month) if with_level else None for month in months]
    label = (level_text(page) or "").removesuffix("dagar") if with_level else ""
    return line_chart(
        _points(months, figures, measure), _told(what, months, figures, measure), levels, label
    )


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
                *(
                    (county_figure(page, each, ALL, month), each)
                    for each in ("ready_days_all", "episodes_discharged")
                ),
            ],
        )
        for month in reversed(page.months)
    ]


def panels(page: PageInput) -> list[Panel]:
    """Every municipality's mean, the highest first; those without a figure last, by name."""
    months = page.months[-_PANEL_MONTHS:]
    care_type = page.headline_care_type
    highest = _highest_shown(page, months, care_type)
    found = [
        _panel(page, place, months, care_type, highest)
        for place in page.figures.places(page.month, MUNICIPALITY)
        if place.is_place
    ]

    def order(panel: Panel) -> tuple[bool, Decimal, str]:
        exact = panel.figure.exact
        return exact is None, -(exact or Decimal(0)), panel.place.name

    return sorted(found, key=order)


def _panel(
    page: PageInput, place: Place, months: Sequence[date], care_type: str, highest: Decimal
) -> Panel:
    figures = [page.figures.of(month, place, "mean_ready_days", care_type) for month in months]
    levels = [page.levels.get((month, place.code)) for month in months]
    last, level = figures[-1], levels[-1]
    is_above = level is not None and level.is_above is True and last.value is not None
    if last.status == "suppressed":
        verdict = "skyddad uppgift"
    elif last.value is None:
        verdict = "ingen i genomsnittet"
    elif level is None:
        verdict = "ingen nivå"
    else:
        verdict = "över nivån" if is_above else "inte över nivån"
    # a month in which nobody was discharged has the level that all others share
    days = [
        each.days if each else _common_level(page, month)
        for month, each in zip(months, levels, strict=True)
    ]
    told = _told(f"{place.name}, genomsnitt per månad", months, figures, "mean_ready_days")
    svg = spark(_points(months, figures, "mean_ready_days"), days, highest, told)
    return Panel(place, last, verdict, is_above, svg)


def panel_rows(page: PageInput, shown: Sequence[Panel]) -> list[Row]:
    """The municipalities' means by month, as the panels are ordered."""
    months = page.months[-_PANEL_MONTHS:]
    care_type = page.headline_care_type
    return [
        Row(
            panel.place.name,
            [
                (
                    page.figures.of(month, panel.place, "mean_ready_days", care_type),
                    "mean_ready_days",
                )
                for month in reversed(months)
            ],
        )
        for panel in shown
    ]


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
    points = [
        Point(heading, figure.exact, figure_text(figure, measure) or "")
        for heading, figure, measure in shown
        if figure_text(figure, measure) is not None
    ]
    told = "; ".join(f"{each.label} {each.text}" for each in points)
    return bar_chart(points, f"{what}: {told}.", level) if points else ""


def readmission_rows(page: PageInput) -> list[Row]:
    """The county's readmissions by month, newest first."""
    measures = PLACE_MEASURES[11:14]
    return [
        Row(month_name(month), [(county_figure(page, each, ALL, month), each) for each in measures])
        for month in reversed(page.months)
    ]


def place_rows(page: PageInput, level: str, measures: Sequence[str]) -> list[Row]:
    """A row per place of a level, the greatest first figure first; what is no place last."""
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
    return [*(rows[True] if level == AGE_GROUP else _most_first(rows[True])), *rows[False]]


def district_rows(page: PageInput) -> list[Row]:
    """Stockholm's districts; none elsewhere."""
    measures = (
        "mean_ready_days",
        "episodes_discharged",
        "ready_days_all",
        "readmissions_7_days_65",
    )
    return place_rows(page, DISTRICT, measures)


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


def _common_level(page: PageInput, month: date) -> Decimal | None:
    days = {level.days for (of, _), level in page.levels.items() if of == month}
    return days.pop() if len(days) == 1 else None


def _most_first(rows: Sequence[Row]) -> list[Row]:
    def order(row: Row) -> tuple[bool, Decimal]:
        exact = row.cells[0][0].exact
        return exact is None, -(exact or Decimal(0))

    return sorted(rows, key=order)


def _points(months: Sequence[date], figures: Sequence[Figure], measure: str) -> list[Point]:
    scale = 100 if measure.startswith("share_") else 1
    return [
        Point(
            short_month(month),
            figure.exact * scale if figure.exact is not None else None,
            figure_text(figure, measure) or "",
            is_open=figure.status == "preliminary",
        )
        for month, figure in zip(months, figures, strict=True)
    ]


def _told(what: str, months: Sequence[date], figures: Sequence[Figure], measure: str) -> str:
    """The chart in words: first and last value that are shown."""
    known = [
        f"{month_name(month)} {value_text(figure.exact, measure)}"
        for month, figure in zip(months, figures, strict=True)
        if figure.exact is not None and figure.status != "suppressed"
    ]
    if not known:
        return f"{what}: inga uppgifter att visa."
    return (
        f"{what}: {known[0]}." if len(known) == 1 else f"{what}: från {known[0]} till {known[-1]}."
    )


def _highest_shown(page: PageInput, months: Sequence[date], care_type: str) -> Decimal:
    values = [
        page.figures.of(month, place, "mean_ready_days", care_type).exact
        for month in months
        for place in page.figures.places(page.month, MUNICIPALITY)
        if place.is_place
    ]
    levels = [level.days for (month, _), level in page.levels.items() if month in months]
    return max([*levels, *(each for each in values if each is not None)], default=Decimal(1))
