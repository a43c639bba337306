"""Protection of many months at once; Spark shares them out itself, and does without this module."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from lus_assets.core.processes import on_all_cores
from lus_assets.statistics.protection import protect_rows

_WORTH_PROCESSES, _AT_ONCE = 18, 3
"""Months: fewer are done on threads sooner than processes start (the solver, half of the work, lets
go of the interpreter); so many a process takes at a time."""


def protect_months(
    months: Sequence[tuple[list[dict[str, Any]], int]],
) -> list[list[dict[str, str]]]:
    """`protect_rows` of each month, with its limit, on all cores."""
    if len(months) < _WORTH_PROCESSES:
        with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
            return list(pool.map(_protect_rows, months))
    return on_all_cores(
        _protect_rows,
        months,
        worth=_WORTH_PROCESSES,
        at_once=_AT_ONCE,
        lost="a process that looked for small numbers was ended; no statistics were made",
    )


def _protect_rows(month: tuple[list[dict[str, Any]], int]) -> list[dict[str, str]]:
    return protect_rows(*month)
