"""The small multiples: every municipality's mean against its level, on one scale."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from lus_assets.statistics.page_charts import spark
from lus_assets.statistics.page_model import MUNICIPALITY, Figure, PageInput, Place
from lus_assets.statistics.page_sections import Row
from lus_assets.statistics.page_series import common_level, points, told

_PANEL_MONTHS = 12
_HARDLY_MORE = Decimal("1.25")


@dataclass(frozen=True)
class Panel:
    """A municipality among the small multiples."""

    place: Place
    figure: Figure
    verdict: str
    is_above: bool
    svg: str


@dataclass(frozen=True)
class Scale:
    """What all small multiples reach up to, in days; is_cut: some months are higher."""

    highest: Decimal
    is_cut: bool


def scale(page: PageInput) -> Scale:
    """One scale for all municipalities: nineteen of twenty of their months lie within it.

    A single month of a small municipality would else press all others flat.
    """
    months = page.months[-_PANEL_MONTHS:]
    figures = (
        page.figures.of(month, place, "mean_ready_days", page.headline_care_type).exact
        for month in months
        for place in page.figures.places(page.month, MUNICIPALITY)
        if place.is_place
    )
    values = sorted(each for each in figures if each is not None)
    levels = [level.days * 2 for (month, _), level in page.levels.items() if month in months]
    most = max([*levels, *values[: -(-len(values) * 19 // 20)]], default=Decimal(1))
    is_cut = bool(values) and values[-1] > most * _HARDLY_MORE
    return Scale(most if is_cut else max([most, *values[-1:]]), is_cut)


def panels(page: PageInput) -> list[Panel]:
    """Every municipality's mean, the highest first; those without a figure last, by name."""
    months = page.months[-_PANEL_MONTHS:]
    care_type = page.headline_care_type
    highest = scale(page).highest
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
        each.days if each else common_level(page, month)
        for month, each in zip(months, levels, strict=True)
    ]
    words = told(f"{place.name}, genomsnitt per månad", months, figures, "mean_ready_days")
    svg = spark(points(months, figures, "mean_ready_days"), days, highest, words)
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
