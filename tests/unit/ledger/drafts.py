"""Bases of invented content, and a ledger that somebody wrote in behind its back."""

import shutil
import sqlite3
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from lus_assets.core.home import Home
from lus_assets.ledger.ledger import Draft, Entry, Ledger

MONTH, AS_OF = date(2025, 1, 1), date(2025, 2, 26)
CODES = ("0110", "0114", "0180", "0192")
COVERED = (
    *("kind", "month", "municipality_code", "version", "as_of", "number", "content_hash"),
    *("code_version", "facts", "files", "parts", "previous_hash", "entry_hash"),
)
"""Columns of an entry that the chain covers, apart from its place: all but the wall clock."""


def draft(code: str = "0180", **changes: Any) -> Draft:
    """An invoice base of a municipality; its parts are its own and one that all have."""
    values: dict[str, Any] = {
        "kind": "invoice",
        "month": MONTH,
        "municipality_code": code,
        "version": 1,
        "as_of": AS_OF,
        "number": f"LUS-{code}",
        "content_hash": f"content of {code}",
        "code_version": "1.0+abc",
        "facts": {"total_sek": "34800.00", "name": "Håbo å, ä och ö"},
        "files": [{"name": "lines.csv", "bytes": 3, "sha256": "abc", "rows": 1}],
        "parts": {"lines": f"lines of {code}".encode(), "rulesets": b"the same for all"},
    }
    return Draft(**{**values, **changes})


def review(code: str = "0180", version: int = 1, **changes: Any) -> Draft:
    """A review base of a municipality."""
    facts = {"name": "Håbo å, ä och ö", "objections_until": "2025-02-26"}
    given: dict[str, Any] = {"facts": facts, **changes}
    return draft(code, kind="review", version=version, number=None, **given)


def append(home: Home, *drafts: Draft) -> list[Entry]:
    with Ledger.opened(home) as ledger:
        return ledger.append(drafts)


def entries(home: Home) -> list[Entry]:
    with Ledger.opened(home) as ledger:
        return ledger.entries()


def broken(home: Home) -> list[str]:
    with Ledger.opened(home) as ledger:
        return ledger.broken()


def behind_its_back(home: Home, *statements: tuple[str, Sequence[Any]]) -> None:
    """Run SQL in the ledger's file as someone would who means to hide it."""
    connection = sqlite3.connect(home.ledger)
    connection.execute("pragma synchronous = off")
    for table in ("entry", "part"):
        for end in ("kept", "fixed", "new"):
            connection.execute(f"drop trigger {table}_is_{end}")
    for statement, values in statements:
        connection.execute(statement, values)
    connection.commit()
    connection.close()


def copied(folder: Path, written: Path) -> Home:
    """A home that has a copy of a ledger's file."""
    place = Home(folder)
    place.ledger.parent.mkdir(parents=True, mode=0o700)
    shutil.copyfile(written, place.ledger)
    return place
