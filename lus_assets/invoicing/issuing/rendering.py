"""The files of many bases, by one process per core: each base's files follow from it alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lus_assets.core.processes import on_all_cores
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
    return on_all_cores(
        _files,
        bases,
        worth=WORTH_PROCESSES,
        at_once=_AT_ONCE,
        lost="a process that made the files of bases was ended; nothing was issued",
    )


def _files(base: Rendered) -> list[DataFile]:
    return render(base.kind, base.facts, base.tables, base.person_ids)
