"""Protection of many months at once; Spark shares them out itself, and does without this module."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from lus_assets.core.processes import on_all_cores
from lus_assets.statistics.protection import protect_rows

_WORTH_PROCESSES, _AT_ONCE = 18, 3
"""Months: fewer are done on threads sooner than processes start (the solver, half of the work, lets
go of the interpreter); so many a process takes at a time."""


def protect_months(months: Sequence[tuple[Any, int]]) -> list[list[dict[str, str]]]:
    """`protect_rows` of each month, with its limit, on all cores.

    months: figures as an Arrow array of structs each; only who works on a month makes rows of it
    (those of a nation's ten years take a quarter of a GB).
    """
    if len(months) < _WORTH_PROCESSES:
        with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
            return list(pool.map(_protect, months))
    return on_all_cores(
        _protect,
        # a slice would be sent with all that it is a slice of
        [(figures.take(np.arange(len(figures))), limit) for figures, limit in months],
        worth=_WORTH_PROCESSES,
        at_once=_AT_ONCE,
        lost="a process that looked for small numbers was ended; no statistics were made",
    )


def _protect(month: tuple[Any, int]) -> list[dict[str, str]]:
    figures, limit = month
    return protect_rows(figures.to_pylist(), limit)
