"""Issues bases: the ledger's commit first, then their folders, made from what the ledger has.

A run killed between the two leaves issues without folders; the next one makes them, and finds the
same bytes or says so. Nothing is issued twice, and nothing half.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.invoicing.issuing.documents import render, tables_of
from lus_assets.invoicing.issuing.rendering import Rendered, render_all
from lus_assets.ledger.ledger import Draft, Entry, Kind, Ledger
from lus_assets.privacy.arrow import Table
from lus_assets.privacy.vault import person_ids
from lus_assets.publishing.formats import parquet_bytes
from lus_assets.publishing.release import DataFile, write_once


@dataclass(frozen=True)
class Unissued:
    """A base before it is issued: a draft without files, and its tables."""

    draft: Draft
    tables: Mapping[str, Table]


def issue(
    home: Home, ledger: Ledger, bases: Sequence[Unissued], people: Mapping[str, str]
) -> list[Entry]:
    """Issue bases, all or none, and put their folders in place.

    people: person key -> person id, of review bases' people; from the vault.

    Raises:
        LusError: one is issued already, or they cannot be written; then none is issued.
    """
    rendered = render_all([_to_render(base, people) for base in bases])
    drafts = [
        replace(
            base.draft,
            files=[each.entry for each in files],
            parts={name: parquet_bytes(table) for name, table in base.tables.items()},
        )
        for base, files in zip(bases, rendered, strict=True)
    ]
    entries = ledger.append(drafts)
    for entry, files in zip(entries, rendered, strict=True):
        _put(home, entry, files)
    return entries


def _to_render(base: Unissued, people: Mapping[str, str]) -> Rendered:
    known = {key: people[key] for key in people_in(base.tables) if key in people}
    return Rendered(base.draft.kind, base.draft.facts, base.tables, known)


def complete(home: Home) -> list[Entry]:
    """Make the folders of issues that have none, from the ledger and the vault.

    After a kill, and after a restore of a backup. Returns the issues whose folders were made.

    Raises:
        LusError: today's code makes other files of an issue than were issued.
    """
    if not home.ledger.exists():
        return []
    with Ledger.opened(home) as ledger:
        lacking = [each for each in ledger.entries() if not folder_of(home, each).exists()]
        for entry in lacking:
            _make_again(home, ledger, entry)
    return lacking


def _make_again(home: Home, ledger: Ledger, entry: Entry) -> None:
    tables = tables_of(ledger, entry)
    files = render(entry.kind, entry.facts, tables, person_ids(home, people_in(tables)))
    if [each.entry for each in files] != entry.files:
        raise LusError(
            f"the files of {entry.name} cannot be made again as they were issued",
            where=str(folder_of(home, entry)),
            todo="bring them back from a backup, or make them with the version that issued them,"
            f" {entry.code_version}",
        )
    _put(home, entry, files)


def people_in(tables: Mapping[str, Table]) -> list[str]:
    """Person keys of a review base's tables, in order; none are in an invoice base's."""
    found = [
        tables[name]["person_key"].to_pylist() for name in ("episodes", "changed") if name in tables
    ]
    return sorted({key for keys in found for key in keys if key})


def folder_of(home: Home, entry: Entry) -> Path:
    """Where the files of an issue lie."""
    month = month_folder(home, entry.kind, f"{entry.month:%Y-%m}")
    if entry.kind == "review":
        month = month / f"v{entry.version}"
    return month / entry.municipality_code


def month_folder(home: Home, kind: Kind, month: str) -> Path:
    """Where all bases of a month (YYYY-MM) lie."""
    return home.published / kind / month


def _put(home: Home, entry: Entry, files: Sequence[DataFile]) -> None:
    facts: dict[str, Any] = {
        **entry.facts,
        "code_version": entry.code_version,
        "ledger": {"sequence": entry.sequence, "entry_hash": entry.entry_hash},
    }
    write_once(
        home.published, folder_of(home, entry), files, facts, content_hash=entry.content_hash
    )
