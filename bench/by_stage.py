"""`lus run` with a clock on its stages (stages.py), of any size, and what it says as a table."""

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from bench.measure import Cost, lus, median, python, run
from bench.parts import County, Say
from bench.table import table

START_AND_END = "interpreter's start and end"
_SHOWN_FROM = 0.005
"""Seconds; stages that took less in every run are left out."""


@dataclass(frozen=True)
class Staged:
    """A run, and its stages by name: seconds and CPU seconds of each without those inside it, and
    the most memory while it was under way, MiB. dbt: what dbt says itself (stages.py)."""

    cost: Cost
    seconds: dict[str, float]
    cpu: dict[str, float]
    peak_mib: dict[str, float]
    dbt: dict[str, Any]


def run_by_stage(county: County, as_of: date | None = None) -> Staged:
    """One `lus run --through marts`, as known on a day, by default the last.

    Raises:
        CommandFailedError: it failed.
    """
    out = county.work / "stages.json"
    cost = run(python("-m", "bench.stages", out, *county.run_command(as_of=as_of)))
    told = json.loads(out.read_text(encoding="utf-8"))
    seconds, cpu = told["seconds"], told["cpu"]
    seconds[START_AND_END] = max(cost.wall - sum(seconds.values()), 0.0)
    cpu[START_AND_END] = max(cost.cpu - sum(cpu.values()), 0.0)
    # the kernel's mark was set back at every stage: what is seen from outside may miss the highest
    highest = max(cost.peak_mib, *told["peak_mib"].values())
    whole = Cost(cost.wall, cost.cpu, highest)
    return Staged(whole, seconds, cpu, told["peak_mib"], told["dbt"])


def middle(runs: Sequence[Staged]) -> Staged:
    """The median of each figure by itself; what dbt says, of the run in the middle."""

    def medians(*figures: Mapping[str, float]) -> dict[str, float]:
        names = dict.fromkeys(name for each in figures for name in each)
        return {name: statistics.median(each.get(name, 0.0) for each in figures) for name in names}

    in_the_middle = sorted(runs, key=lambda each: each.cost.wall)[len(runs) // 2]
    return Staged(
        median([each.cost for each in runs]),
        medians(*(each.seconds for each in runs)),
        medians(*(each.cpu for each in runs)),
        medians(*(each.peak_mib for each in runs)),
        in_the_middle.dbt,
    )


def stages(county: County, runs: int, say: Say) -> dict[str, Any]:
    """Runs by stage, and what each import cost."""
    staged = []
    for number in range(1, runs + 1):
        say(f"lus run, stage by stage, {number} of {runs}")
        staged.append(run_by_stage(county))
    say("lus run, import by import")
    listing = county.work / "importtime.txt"
    command = lus(*county.run_command())
    run([command[0], "-X", "importtime", *command[1:]], stderr_to=listing)
    return {
        "staged": middle(staged),
        "runs": runs,
        "imports": _imports(listing.read_text(encoding="utf-8", errors="replace")),
    }


def _imports(listing: str) -> list[tuple[str, float, int]]:
    """Seconds and modules per package, by the modules' own time; most expensive first."""
    seconds: dict[str, float] = {}
    modules: dict[str, int] = {}
    for line in listing.splitlines():
        own, _, rest = line.removeprefix("import time:").partition("|")
        if not line.startswith("import time:") or not own.strip().isdigit():
            continue
        package = rest.partition("|")[2].strip().partition(".")[0]
        seconds[package] = seconds.get(package, 0.0) + int(own) / 1e6
        modules[package] = modules.get(package, 0) + 1
    ordered = sorted(seconds, key=lambda each: -seconds[each])
    return [(each, seconds[each], modules[each]) for each in ordered]


def table_of(runs: Mapping[str, Staged]) -> str:
    """Stages as rows, the dearest of the last run first; for every run wall, CPU and memory."""
    *_, last = runs.values()
    names = sorted(
        {
            name
            for each in runs.values()
            for name, took in each.seconds.items()
            if took >= _SHOWN_FROM
        },
        key=lambda name: (-last.seconds.get(name, 0.0), name),
    )
    header = [
        "",
        *(figure for run in runs for figure in (f"{run}: wall, s", "CPU, s", "peak, MiB")),
    ]
    rows = [
        [name, *(figure for each in runs.values() for figure in _figures(each, name))]
        for name in names
    ]
    return table(header, rows)


def slowest_nodes(staged: Staged) -> str:
    """dbt's slowest nodes with their seconds, in words."""
    return ", ".join(f"`{name}` {seconds:.0f} s" for name, seconds in staged.dbt["slowest"])


def _figures(staged: Staged, name: str) -> list[str]:
    peak = staged.peak_mib.get(name)
    return [
        f"{staged.seconds.get(name, 0.0):.2f}",
        f"{staged.cpu.get(name, 0.0):.2f}",
        "" if peak is None else f"{peak:.0f}",
    ]
