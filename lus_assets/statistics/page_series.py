"""Figures by month, as charts draw them and as words tell them."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from lus_assets.core.swedish import month_name
from lus_assets.statistics.page_charts import Point
from lus_assets.statistics.page_model import Figure, PageInput
from lus_assets.statistics.page_words import figure_text, value_text


def short_month(month: date) -> str:
    """`mar 24`."""
    return f"{month_name(month)[:3]} {month:%y}"


def common_level(page: PageInput, month: date) -> Decimal | None:
    """The level that all municipalities of a month share, if they do."""
    days = {level.days for (of, _), level in page.levels.items() if of == month}
    return days.pop() if len(days) == 1 else None


def points(months: Sequence[date], figures: Sequence[Figure], measure: str) -> list[Point]:
    """Figures by month as a chart draws them; shares in percent."""
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


def told(what: str, months: Sequence[date], figures: Sequence[Figure], measure: str) -> str:
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
