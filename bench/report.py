"""docs/bench.md: the figures as tables. No path, no host."""

import os
import platform
import statistics
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from bench import issue, morning, nation, release, ui
from bench.by_stage import Staged, table_of
from bench.growth import FRAMES, FRAMES_FROM, Grown, exponent
from bench.measure import PAGE, ROOT, Cost, machine_speed, median, with_commit
from bench.parts import MODELS_ALONE, PIPELINE, County
from bench.table import table

_GROWING = ("bare SQL", *FRAMES)


def as_markdown(county: County, figures: dict[str, Any], standing: str = "") -> str:
    """The page: the parts that were measured, and those that a standing page has besides.

    Each section says when and of which county it was measured.
    standing: the page as it is; empty for none.
    """
    sections = _sections(standing)
    for part, (title, write_part) in _PARTS.items():
        if part in figures:
            body = write_part(figures[part])
            sections[title] = f"{_measured(county if part not in _OWN_SIZES else None)}\n\n{body}"
    titles = [title for title, _ in _PARTS.values() if title in sections]
    return "\n".join([_head(), *(f"## {each}\n\n{sections[each]}" for each in titles)])


def _sections(page: str) -> dict[str, str]:
    """Title -> text below it."""
    found = (each.partition("\n\n") for each in page.split("\n## ")[1:])
    return {title: f"{text.rstrip()}\n" for title, _, text in found}


def _measured(county: County | None) -> str:
    of = f", of {county.population} inhabitants, {county.first} to {county.last}" if county else ""
    # far above the number of cores, wall time is other work's too: then look at CPU
    load = f"Load of the machine in the quarter of an hour before: {os.getloadavg()[2]:.1f}."
    return f"Measured on {datetime.now(UTC).date()}{with_commit()}{of}.\n{load} {machine_speed()}"


def _head() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"""# What it costs

Written by `python -m bench --write`; do not edit. With `--only` it measures and writes anew some
of the sections. Figures are of one machine: look at the ratios.

Simulated counties, as known on the last day if nothing else is said. Every run is a process of its
own, on {os.cpu_count()} cores and {memory:.0f} GiB of memory with Python
{platform.python_version()}, and libraries as in `requirements.lock` of the commit that a section
names.
"""


def _cost(cost: Cost) -> list[str]:
    return [f"{cost.wall:.1f}", f"{cost.cpu:.1f}", f"{cost.peak_mib:.0f}"]


def _side_by_side(costs: dict[str, list[Cost]]) -> str:
    middle = {name: median(each) for name, each in costs.items()}
    pipeline = middle[PIPELINE]
    rows = [
        [
            f"`{name}`" if name == PIPELINE else name,
            *_cost(cost),
            f"{pipeline.wall / cost.wall:.1f}",
        ]
        for name, cost in middle.items()
    ]
    bare, runs = middle["bare SQL"], len(costs[PIPELINE])
    beyond = pipeline.wall - middle[MODELS_ALONE].wall
    return f"""Runs of each: {runs}, of which the medians stand here.
Everything was ingested before. The bare SQL script makes five of the marts (episodes, findings,
municipality months, readmissions, statistics before protection) without tests, checks or
contracts; the pandas and the polars script make the first three. Our models by the engine alone are
every table that the pipeline makes, by the same statements one after another, without Dagster, dbt,
tests, checks, contracts and snapshot: what the pipeline costs beyond them is what these cost. SQL
reads older months packed, as the pipeline does; pandas and polars read the lake's daily files. What
each of them makes was checked to equal the pipeline's marts, row by row.

{
        table(
            ["", "wall, s", "CPU, s", "peak memory, MiB", "`lus run` is × as long"],
            rows,
        )
    }
`lus run` costs {pipeline.wall - bare.wall:.1f} s more than bare SQL (aim: under 15 s), and
{beyond:.1f} s more than its own models by the engine alone, with a peak of
{pipeline.peak_mib / 1024:.2f} GiB (aim: under 2 GiB).
"""


def _stages(figures: dict[str, Any]) -> str:
    staged: Staged = figures["staged"]
    dbt = staged.dbt
    kinds = [
        [kind, f"{each['nodes']:.0f}", f"{each['seconds']:.1f}", f"{each['compile']:.1f}"]
        for kind, each in dbt["nodes"].items()
    ]
    slowest = [[f"`{name}`", f"{seconds:.2f}"] for name, seconds in dbt["slowest"]]
    imports = [
        [f"`{name}`", f"{seconds:.2f}", str(modules)]
        for name, seconds, modules in figures["imports"][:12]
    ]
    total_imports = sum(seconds for _, seconds, _ in figures["imports"])
    return f"""With a clock put on its functions from outside (`bench/stages.py`); each stage
without those inside it. Runs: {figures["runs"]}, of which the medians stand here; what dbt says is
of the run in the middle.

{table_of({f"{staged.cost.wall:.1f} s in all": staged})}
dbt's build: from the first node's start to the last one's end {dbt["span"]:.1f} s, on two threads.
Inside the engine: {dbt["engine_seconds"]:.1f} s, summed over threads, in {dbt["statements"]}
statements. Seconds of nodes are summed over threads too.

{table(["nodes", "number", "s", "of it compiling"], kinds)}
{table(["slowest nodes", "s"], slowest)}
Imports by package (own time of its modules, `-X importtime`, which slows them down):
{total_imports:.1f} s in all.

{table(["package", "s", "modules"], imports)}"""


def _ingestion(figures: dict[str, Any]) -> str:
    days = sorted(figures["days"], key=lambda each: each["seconds"])
    day = days[len(days) // 2]
    rows = [
        [
            name,
            str(each["files"]),
            str(each["rows"]),
            f"{each['seconds']:.2f}",
            f"{each['cost'].wall - each['seconds']:.2f}",
            f"{each['cost'].peak_mib:.0f}",
        ]
        for name, each in (
            (f"one day (median of {len(days)})", day),
            ("all other days, cold", figures["cold"]),
        )
    ]
    columns = ["", "files", "rows", "s beyond start-up", "start-up, s", "peak memory, MiB"]
    return f"""The plain function, without Dagster. Aim for a day: under 2 s beyond start-up.

{table(columns, rows)}"""


def _cold(figures: dict[str, Cost]) -> str:
    cost = figures["cost"]
    return f"""`lus run --through marts` on an empty home, every delivery of the period through
Dagster, with the checks at the border on every row: {cost.wall:.1f} s wall,
{cost.cpu:.1f} s CPU, peak {cost.peak_mib:.0f} MiB.
"""


def _growth(grown: Sequence[Grown]) -> str:
    rows = [
        [
            f"{each.population} for {each.days} days",
            *(str(each.files), str(each.rows)),
            *(f"{s:.1f}" for s in (each.ingestion, each.pipeline.wall, each.morning.wall)),
            *(_growth_of(each, name, "wall", ".1f") for name in _GROWING),
            _between([turn.everything.cost.wall - turn.bare.wall for turn in each.turns]),
            _between([turn.morning.wall - turn.bare.wall for turn in each.turns]),
            *(f"{whole.peak_mib:.0f}" for whole in (each.pipeline, each.morning)),
            *(_growth_of(each, name, "peak_mib", ".0f") for name in _GROWING),
        ]
        for each in grown
    ]
    columns = ["inhabitants", "files", "rows", "ingestion, s", "`lus run`, s", "a day more, s"]
    columns += [f"{name}, s" for name in _GROWING]
    columns += ["`lus run` beyond bare SQL, s", "a day more beyond bare SQL, s"]
    columns += ["`lus run`, MiB", "a day more, MiB"]
    columns += [f"{name}, MiB" for name in _GROWING]
    start, larger = grown[0], grown[1:]
    sizes = [each.rows for each in larger]
    slopes = {
        "ingestion": [each.ingestion for each in larger],
        "`lus run` beyond the smallest size's": [
            each.pipeline.wall - start.pipeline.wall for each in larger
        ],
        "bare SQL beyond the smallest size's": [
            each.scripts["bare SQL"].wall - start.scripts["bare SQL"].wall for each in larger
        ],
        "peak memory of `lus run`": [each.pipeline.peak_mib for each in larger],
    }
    largest = (_much_smaller(sizes), -1)
    fitted = [
        [
            name,
            f"{exponent(sizes, costs):.2f}",
            f"{exponent(*([each[n] for n in largest] for each in (sizes, costs))):.2f}",
        ]
        for name, costs in slopes.items()
    ]
    of_files = exponent(
        *([getattr(larger[n], of) for n in largest] for of in ("files", "ingestion"))
    )
    fitted.insert(1, ["ingestion, of its files instead of rows", "", f"{of_files:.2f}"])
    turns = len(start.turns)
    return f"""Files, rows and their ingestion, which ran once, are without the last day.
The run of a day more ingests it: `lus run` with `build = "incremental"`, from the marts of the day
before to their snapshot with that day in it. `lus run` then makes everything anew. Bare SQL finds
older months packed, as `lus run` does. Turns of these three: {turns}. Medians stand here, and
beyond bare SQL the median of the turns' differences, with the lowest and the highest. pandas and
polars ran once; they read daily files, and know none from before {FRAMES_FROM.year}. What each
script makes was checked to equal the pipeline's marts, row by row: bare SQL's after the day more,
and again after everything.

{table(columns, rows)}
The smallest is nearly all start-up, so it is taken off before the exponent b of cost = a × rows^b
is fitted (aim for time: at most 1.05). Noise counts least between the largest and the next that is
much smaller. A file costs its reading, typing, writing and making durable, however few rows it has,
and years have more small ones than one year has: ingestion is shown against files too.

{table(["", "exponent", "of the largest and the next"], fitted)}
`lus run` of the three largest by stage, with a clock put on from outside, each stage without those
inside it, medians; memory is that of the process itself.

{table_of({f"{each.rows} rows": each.staged for each in grown[-3:]})}"""


def _between(seconds: Sequence[float]) -> str:
    lowest, highest = min(seconds), max(seconds)
    return f"{statistics.median(seconds):.1f} ({lowest:.1f} – {highest:.1f})"


def _much_smaller(sizes: Sequence[int]) -> int:
    """Which size, ascending, is the next to the largest that is no more than half of it."""
    return max(n for n, size in enumerate(sizes) if size * 2 <= sizes[-1])


def _growth_of(grown: Grown, script: str, figure: str, places: str) -> str:
    cost = grown.scripts.get(script)
    return f"{getattr(cost, figure):{places}}" if cost else ""


_PARTS: dict[str, tuple[str, Callable[[Any], str]]] = {
    "side_by_side": ("`lus run --through marts` beside scripts", _side_by_side),
    "stages": ("Where the time of `lus run` goes", _stages),
    "ingestion": ("Ingestion", _ingestion),
    "release": ("Releasing a month's statistics", release.section),
    "issue": ("Issuing a county month", issue.section),
    "morning": ("A morning: everything anew, or what was touched", morning.section),
    "growth": ("Growth", _growth),
    "nation": ("A nation's ten years", nation.section),
    "nation_morning": ("A nation's morning", nation.morning_section),
    "nation_days": ("A nation's bases, and days at once", nation.days_section),
    "cold_run": ("The first run of all", _cold),
    "ui": ("Dagster's UI after five years", ui.section),
}
"""Part -> title and writer of its section, in the page's order."""


_OWN_SIZES = ("growth", "nation", "nation_morning", "nation_days", "ui")
"""Parts that do not measure the county asked for, and say what they do."""


def write(page: str) -> None:
    """Store the page."""
    ROOT.joinpath(PAGE).write_text(page.rstrip() + "\n", encoding="utf-8")


def standing() -> str:
    """The page as it is; empty for none."""
    path = ROOT / PAGE
    return path.read_text(encoding="utf-8") if path.exists() else ""
