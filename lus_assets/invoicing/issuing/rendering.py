"""The files of many bases, by one process per core: each base's files follow from it alone."""

import os
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from typing import Any

from lus_assets.core.errors import LusError
from lus_assets.core.garbage import collect_seldom
from lus_assets.invoicing.issuing.documents import render
from lus_assets.ledger.ledger import Kind
from lus_assets.privacy.arrow import Table
from lus_assets.publishing.release import DataFile

WORTH_PROCESSES = 30
"""Fewer bases are made sooner here than processes start."""
_AT_ONCE = 4
"""Bases that a process takes at a time."""


@dataclass(frozen=True)
class Rendered:
    """What the files of one base are made from; see `render`."""

    kind: Kind
    facts: Mapping[str, Any]
    tables: Mapping[str, Table]
    person_ids: Mapping[str, str]


def render_all(bases: Sequence[Rendered]) -> list[list[DataFile]]:
    """The files of each base, in order; on all cores, where there are many bases.

    Raises:
        LusError: a process was ended from outside. What makes a base fail is raised as it is.
    """
    cores = len(os.sched_getaffinity(0))
    if len(bases) < WORTH_PROCESSES or cores < 2:
        return [_files(each) for each in bases]
    # forks would share the home's lock, and with it outlive a killed parent
    context = get_context("spawn")
    try:
        with ProcessPoolExecutor(cores, mp_context=context, initializer=_begin) as pool:
            return list(pool.map(_files, bases, chunksize=_AT_ONCE))
    except BrokenProcessPool:
        raise LusError(
            "a process that made the files of bases was ended; nothing was issued",
            where=f"{len(bases)} bases, {cores} processes",
            todo="look whether memory ran out, then run again",
        ) from None


def _files(base: Rendered) -> list[DataFile]:
    return render(base.kind, base.facts, base.tables, base.person_ids)


def _begin() -> None:
    collect_seldom()
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
