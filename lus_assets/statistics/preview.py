"""A glance at a month's statistics for whoever runs the pipeline: figures, a table, a chart.

Made of the protected mart only, and without any count below the limit, the county's neither.
"""

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import duckdb

COUNTS = ("episodes_discharged", "episodes_billable", "ready_days", "liable_days")
MEAN = "mean_ready_days"
HIDDEN = "–"
_MONTHS_SHOWN = 24


@dataclass(frozen=True)
class Preview:
    """figures: the county's, by measure, `HIDDEN` where none is shown; table and chart: markdown.

    Numbers, so that the UI can plot them over months.
    """

    figures: dict[str, int | float | str]
    table: str
    chart: str


def preview(connection: duckdb.DuckDBPyConnection, month: date, limit: int) -> Preview:
    """The preview of `month` (its first day), made of the open marts.

    limit: counts from 1 to below it are not shown, nor a mean of so few.
    """
    rows = connection.execute(
        """
        select geography_level, geography_name, measure, value, numerator, denominator
        from marts.rpt_monthly_statistics
        where month = ? and care_type = 'all' and geography_level in ('county', 'municipality')
            and list_contains(?, measure)
        order by geography_level, geography_name
        """,
        [month, [*COUNTS, MEAN]],
    ).fetchall()
    shown = {
        (level, name, measure): _text(value, numerator, denominator, limit)
        for level, name, measure, value, numerator, denominator in rows
    }
    places = dict.fromkeys((level, name) for level, name, _ in shown)
    measures = (*COUNTS, MEAN)
    lines = [
        [name, *(shown.get((level, name, measure), HIDDEN) for measure in measures)]
        for level, name in places
    ]
    county = next((line for line in lines), ["", *(HIDDEN for _ in measures)])
    heading = ["", *(measure.replace("_", " ") for measure in measures)]
    return Preview(
        figures={name: _number(text) for name, text in zip(measures, county[1:], strict=True)},
        table=_markdown([heading, ["---"] + ["---:"] * len(measures), *lines]),
        chart=_chart(_means(connection, month, limit)),
    )


def _text(value: Decimal | None, numerator: int | None, denominator: int | None, limit: int) -> str:
    """A count, or a mean with two decimals; hidden when it is suppressed, or of too few."""
    of = numerator if denominator is None else denominator
    if value is None or of is None or 0 < of < limit:
        return HIDDEN
    return f"{value:.0f}" if denominator is None else f"{value:.2f}"


def _number(text: str) -> int | float | str:
    if text == HIDDEN:
        return text
    return float(text) if "." in text else int(text)


def _means(
    connection: duckdb.DuckDBPyConnection, month: date, limit: int
) -> list[tuple[date, Decimal]]:
    """The county's mean of the months up to this one, oldest first; months of too few left out."""
    return connection.execute(
        """
        select month, value from marts.rpt_monthly_statistics
        where measure = ? and geography_level = 'county' and care_type = 'all'
            and month <= ? and denominator >= ?
        order by month desc limit ?
        """,
        [MEAN, month, limit, _MONTHS_SHOWN],
    ).fetchall()[::-1]


def _markdown(lines: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _chart(means: Sequence[tuple[date, Decimal]]) -> str:
    """A PNG within markdown: mean ready days of the county, by month."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 2.2), layout="constrained")
    axes = figure.subplots()
    bars = axes.bar([f"{month:%Y-%m}" for month, _ in means], [float(mean) for _, mean in means])
    axes.bar_label(bars, [f"{mean:.2f}" for _, mean in means], fontsize=7)
    axes.set_title("mean ready days, county", fontsize=9)
    axes.tick_params(labelsize=7, rotation=45 if len(means) > 6 else 0)
    axes.spines[["top", "right"]].set_visible(False)
    image = io.BytesIO()
    figure.savefig(image, format="png", dpi=110)
    return (
        f"![mean ready days](data:image/png;base64,{base64.b64encode(image.getvalue()).decode()})"
    )
