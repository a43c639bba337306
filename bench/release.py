"""What it costs to release a county month's statistics: tables, workbook, page, differences."""

import json
from datetime import date, timedelta
from typing import Any

from bench.measure import Cost, lus, python, run
from bench.parts import County, Say

_FOLLOWED_UP = timedelta(days=8)
"""After a month's last day, until its readmissions are final."""


def release(county: County, say: Say) -> dict[str, Any]:
    """The statistics of the newest month that is final on the last day, from marts made before."""
    run(lus(*county.run_command()))
    month = _final_month(county.last)
    say(f"statistics of {month:%Y-%m}, as known at {county.last}")
    out = county.work / "release.json"
    options = ("--home", county.home, "--month", month, "--as-of", county.last, "--out", out)
    cost = run(python("-m", "bench.release_once", *options))
    return {"month": month, "cost": cost, **json.loads(out.read_text(encoding="utf-8"))}


def _final_month(last: date) -> date:
    first = (last - _FOLLOWED_UP + timedelta(days=1)).replace(day=1)
    return (first - timedelta(days=1)).replace(day=1)


def section(figures: dict[str, Any]) -> str:
    """The text of the page's section."""
    cost: Cost = figures["cost"]
    return f"""{figures["month"]:%B %Y}, with {figures["months"]} months of history, from marts that
are there: {figures["files"]} files, {figures["mib"]:.1f} MiB, {figures["rows"]} rows in the main
table; the page alone {figures["page_kib"]:.0f} KiB (aim: under 2048).

{cost.wall:.1f} s wall ({figures["seconds"]:.1f} s without imports), {cost.cpu:.1f} s CPU, peak
{cost.peak_mib:.0f} MiB. The marts before it are those of `lus run --through marts`, where small
numbers are protected too (`int_statistic_suppressed`).
"""
