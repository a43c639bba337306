"""Charts of the page as SVG: the same figures give the same bytes, and nothing is fetched.

One dark colour, one line style per meaning, values written at what they belong to: readable in
grey and without a legend. Text stays text, in the page's own font.
"""

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import lxml.etree

from lus_assets.core.swedish import number

INK, BAR, PALE, LEVEL = "#1f2a37", "#1f4e79", "#c9d3de", "#8a2b06"
_LETTERS, _EDGE = 12, 2
"""Size of letters, and the room above and below a bare plot."""
etree: Any = lxml.etree  # lxml ships no types
_SVG = "{http://www.w3.org/2000/svg}"
_STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "lus",
    "font.family": "DejaVu Sans",  # ships with the library: the same measures everywhere
    "font.size": _LETTERS,
    "text.color": INK,
    "axes.edgecolor": PALE,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.linewidth": 0.8,
    "path.simplify": False,
}


@dataclass(frozen=True)
class Point:
    """A value of a series. text: what stands at it; is_open: drawn hollow (preliminary)."""

    label: str
    value: Decimal | None
    text: str = ""
    is_open: bool = False


def line_chart(
    points: Sequence[Point],
    description: str,
    levels: Sequence[Decimal | None] = (),
    level_text: str = "",
) -> str:
    """A development, oldest first. Gaps where there is no value; the last value is written out.

    levels: dashed beside it, one per point (empty: none), named by `level_text`.
    """
    figure, axes = _axes(360, 200)
    highest = _highest([each.value for each in points], levels)
    _draw_line(axes, points, levels, size=2.2)
    axes.set_ylim(0, highest * 1.18)
    axes.set_xlim(-0.5, len(points) - 0.5 + len(points) * 0.28)
    shown = _shown_labels(len(points))
    axes.set_xticks(shown, [points[index].label for index in shown])
    axes.yaxis.set_major_locator(_round_ticks())
    axes.yaxis.set_major_formatter(_tick)
    axes.grid(axis="y", color=PALE, linewidth=0.6)
    axes.set_axisbelow(True)
    _write_last(axes, points, levels, level_text)
    return _svg(figure, description)


def bar_chart(points: Sequence[Point], description: str, level: Decimal | None = None) -> str:
    """Horizontal bars in the order given, each under its own label, its value at its end."""
    figure, axes = _axes(360, max(len(points), 1) * 40 + 8, is_bare=True)
    highest = _highest([each.value for each in points], [level])
    for index, each in enumerate(points):
        width = float(each.value) if each.value is not None else 0.0
        axes.barh(-index, width, height=0.34, color=BAR)
        _write(axes, 0, -index + 0.2, each.label, ha="left", va="bottom", offset=1)
        _write(
            axes, width, -index, each.text, ha="left", va="center", offset=0, shift=5, weight="bold"
        )
    if level is not None:
        axes.axvline(float(level), color=LEVEL, linestyle=(0, (4, 3)), linewidth=1.4)
    axes.set_xlim(0, highest * 1.28)
    axes.set_ylim(-len(points) + 0.6, 0.8)
    axes.set_axis_off()
    return _svg(figure, description)


def spark(
    points: Sequence[Point], levels: Sequence[Decimal | None], highest: Decimal, description: str
) -> str:
    """A small multiple: line against its dashed level, all on the same scale up to `highest`.

    What is higher is cut off at the edge, with a triangle where the line leaves.
    """
    figure, axes = _axes(150, 54, is_bare=True)
    _draw_line(axes, points, levels, size=1.8)
    top = float(highest) * 1.12 or 1
    above = [index for index, each in enumerate(points) if (each.value or 0) > highest]
    axes.plot(above, [top] * len(above), "^", color=BAR, markersize=6, clip_on=False)
    axes.set_ylim(0, top)
    axes.set_xlim(-0.5, len(points) - 0.5)
    axes.set_axis_off()
    axes.axhline(0, color=PALE, linewidth=1)
    return _svg(figure, description)


def _axes(width: float, height: float, is_bare: bool = False) -> tuple[Any, Any]:
    """A figure of so many pixels with one plot: bare to its edges, or with room for its labels."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(_STYLE):
        size = (width / 72, height / 72)
        figure = Figure(figsize=size, layout=None if is_bare else "constrained")
        edge = _EDGE / height
        axes = figure.add_axes((0, edge, 1, 1 - 2 * edge)) if is_bare else figure.add_subplot()
    for each in (figure, axes):
        each.patch.set_visible(False)
    axes.tick_params(length=0, labelsize=11.5, pad=4)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    return figure, axes


def _draw_line(
    axes: Any, points: Sequence[Point], levels: Sequence[Decimal | None], size: float
) -> None:
    nothing = float("nan")
    values = [float(each.value) if each.value is not None else nothing for each in points]
    if any(level is not None for level in levels):
        heights = [float(level) if level is not None else nothing for level in levels]
        # a single month still shows its level as a line
        axes.step(
            [-0.5, *range(len(heights)), len(heights) - 0.5],
            [heights[0], *heights, heights[-1]],
            where="mid",
            color=LEVEL,
            linestyle=(0, (4, 3)),
            linewidth=1.4,
        )
    axes.plot(range(len(values)), values, color=BAR, linewidth=size, solid_joinstyle="round")
    for index, each in enumerate(points):
        is_last = index == len(points) - 1
        is_alone = _is_alone(points, index)
        if each.value is not None and (is_last or is_alone or each.is_open):
            face = "white" if each.is_open else BAR
            axes.plot(
                [index],
                [float(each.value)],
                "o",
                color=BAR,
                markerfacecolor=face,
                markersize=size * 2.6,
                clip_on=False,
            )


def _is_alone(points: Sequence[Point], index: int) -> bool:
    beside = [points[place].value for place in (index - 1, index + 1) if 0 <= place < len(points)]
    return all(value is None for value in beside)


def _write_last(
    axes: Any, points: Sequence[Point], levels: Sequence[Decimal | None], level_text: str
) -> None:
    """The last value at its point and the level's name at the edge, on its line's other side."""
    known = [index for index, each in enumerate(points) if each.value is not None]
    last = points[known[-1]] if known else None
    if last is not None:
        height = float(last.value or 0)
        _write(axes, known[-1], height, last.text, shift=8, va="center", weight="bold")
    level = levels[-1] if levels else None
    if level is not None:
        is_below = last is not None and last.value is not None and last.value >= level
        _write(
            axes,
            axes.get_xlim()[1],
            float(level),
            level_text,
            color=LEVEL,
            ha="right",
            va="top" if is_below else "bottom",
            offset=-5 if is_below else 5,
        )


def _write(
    axes: Any, x: float, y: float, text: str, *, offset: float = 0, shift: float = 0, **style: Any
) -> None:
    axes.annotate(
        text,
        (x, y),
        xytext=(shift, offset),
        textcoords="offset points",
        annotation_clip=False,
        **({"color": INK, "fontsize": _LETTERS} | style),
    )


def _tick(value: float, place: int) -> str:
    is_whole = value == int(value)
    return number(int(value)) if is_whole else f"{value:g}".replace(".", ",")


def _round_ticks() -> Any:
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(nbins=4, steps=[1, 2, 5, 10])


def _highest(values: Sequence[Decimal | None], levels: Sequence[Decimal | None]) -> float:
    return (
        float(max([each for each in (*values, *levels) if each is not None], default=Decimal(1)))
        or 1.0
    )


def _shown_labels(count: int) -> list[int]:
    """Which of the points are named below the axis: the last, and some four before it."""
    step = max(1, -(-count // 5))
    return sorted(range(count - 1, -1, -step))


def _svg(figure: Any, description: str) -> str:
    import matplotlib

    written = io.BytesIO()
    with matplotlib.rc_context(_STYLE):
        figure.savefig(written, format="svg", metadata={"Date": None, "Creator": None})
    root = etree.fromstring(
        written.getvalue(), etree.XMLParser(resolve_entities=False, no_network=True)
    )
    return _cleaned(root, description)


def _cleaned(root: Any, description: str) -> str:
    """Ready to stand in a page: one image with one description, no ids but those referred to."""
    for name in ("metadata", "title"):
        for each in root.findall(f".//{_SVG}{name}"):
            each.getparent().remove(each)
    own = hashlib.sha256(description.encode()).hexdigest()[:8] + "-"
    text = etree.tostring(root, encoding="unicode")
    for each in root.iter():
        name = each.get("id")
        if name and f"#{name}" in text:
            each.set("id", own + name)
        elif name:
            del each.attrib["id"]
        for attribute, value in each.items():
            if value.startswith(("#m", "url(#")):
                each.set(attribute, value.replace("#", "#" + own))
    for name in ("width", "height", "version"):
        root.attrib.pop(name, None)
    root.set("role", "img")
    root.set("aria-label", description)
    return etree.tostring(root, encoding="unicode")
