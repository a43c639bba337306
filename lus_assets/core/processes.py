"""Work on all cores: a process per core, each of which ends with the one that started it."""

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from typing import TypeVar

from lus_assets.core.errors import LusError
from lus_assets.core.garbage import collect_seldom

Given = TypeVar("Given")
Made = TypeVar("Made")


def on_all_cores(
    function: Callable[[Given], Made],
    given: Sequence[Given],
    *,
    worth: int,
    at_once: int,
    lost: str,
) -> list[Made]:
    """`function` of each, in order; in this process where there are fewer than `worth`.

    function: of a module, as it is sent to other processes by name. at_once: how many a process
    takes at a time. lost: what to say when a process was ended, and what counts then.

    Raises:
        LusError: a process was ended from outside. What makes one fail is raised as it is.
    """
    cores = len(os.sched_getaffinity(0))
    if len(given) < worth or cores < 2:
        return [function(each) for each in given]
    # forks would share the home's lock, and with it outlive a killed parent
    context = get_context("spawn")
    try:
        with ProcessPoolExecutor(cores, mp_context=context, initializer=_begin) as pool:
            return list(pool.map(function, given, chunksize=at_once))
    except BrokenProcessPool:
        raise LusError(
            lost,
            where=f"{len(given)} parts, {cores} processes",
            todo="look whether memory ran out, then run again",
        ) from None


def _begin() -> None:
    collect_seldom()
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
