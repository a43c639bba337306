"""The ledger's store: SQLite in a folder of its own; each entry carries the hash of the one before.

Callers hold the home's writer lock.
"""

import hashlib
import itertools
import json
import sqlite3
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Literal

from lus_assets.core.errors import LusError
from lus_assets.core.home import Home

Kind = Literal["review", "invoice"]

_FIRST = "0" * 64
_TABLES = """
create table if not exists entry (
    sequence integer primary key,
    kind text not null check (kind in ('review', 'invoice')),
    month text not null,
    municipality_code text not null,
    version integer not null,
    as_of text not null,
    number text unique,
    content_hash text not null,
    code_version text not null,
    facts text not null,
    files text not null,
    parts text not null,
    previous_hash text not null,
    entry_hash text not null unique,
    recorded_at text not null,
    unique (kind, month, municipality_code, version)
) strict;
create table if not exists part (sha256 text primary key, content blob not null) strict;
create trigger if not exists entry_is_kept before delete on entry
begin select raise(abort, 'the ledger is append-only'); end;
create trigger if not exists entry_is_fixed before update on entry
begin select raise(abort, 'the ledger is append-only'); end;
-- "insert or replace" deletes without the triggers of delete
create trigger if not exists entry_is_new before insert on entry when exists (
    select 1 from entry
    where sequence = new.sequence or number = new.number or entry_hash = new.entry_hash
        or (kind, month, municipality_code, version)
            = (new.kind, new.month, new.municipality_code, new.version)
) begin select raise(abort, 'the ledger is append-only'); end;
create trigger if not exists part_is_new before insert on part
when exists (select 1 from part where sha256 = new.sha256) begin select raise(ignore); end;
create trigger if not exists part_is_kept before delete on part
begin select raise(abort, 'the ledger is append-only'); end;
create trigger if not exists part_is_fixed before update on part
begin select raise(abort, 'the ledger is append-only'); end;
"""
_HASHED = (
    *("sequence", "kind", "month", "municipality_code", "version", "as_of", "number"),
    *("content_hash", "code_version", "facts", "files", "parts", "previous_hash"),
)
"""Columns that the entry's hash covers: all but the hash itself and the wall clock."""


@dataclass(frozen=True)
class Draft:
    """What is to be issued: one municipality's base of a month.

    version: 1 for an invoice base, 1, 2, … for review bases. number: of an invoice base. facts:
    what the manifest says and rendering needs, JSON values. files: name, bytes, sha256 and rows of
    what is rendered. parts: tables (Parquet) that the files are rendered from.
    """

    kind: Kind
    month: date
    municipality_code: str
    version: int
    as_of: date
    number: str | None
    content_hash: str
    code_version: str
    facts: Mapping[str, Any]
    files: Sequence[Mapping[str, Any]]
    parts: Mapping[str, bytes]


@dataclass(frozen=True)
class Entry:
    """An issue. parts: name -> SHA-256 of its content; recorded_at: wall clock, in no hash."""

    sequence: int
    kind: Kind
    month: date
    municipality_code: str
    version: int
    as_of: date
    number: str | None
    content_hash: str
    code_version: str
    facts: dict[str, Any]
    files: list[dict[str, Any]]
    parts: dict[str, str]
    previous_hash: str
    entry_hash: str
    recorded_at: str

    @property
    def name(self) -> str:
        """What a person calls it: kind, month, municipality and, of a review base, version."""
        version = f" v{self.version}" if self.kind == "review" else ""
        return f"{self.kind} base {self.month:%Y-%m} {self.municipality_code}{version}"


class Ledger:
    """The ledger of one home. Open it with `Ledger.opened(home)`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """connection: to a ledger whose tables exist."""
        self._connection = connection
        connection.row_factory = sqlite3.Row

    @classmethod
    @contextmanager
    def opened(cls, home: Home) -> "Generator[Ledger]":
        """The home's ledger, made when there is none; LusError when SQLite fails."""
        home.ledger.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            connection = sqlite3.connect(home.ledger, isolation_level=None)
            try:
                # a copy to be verified may lie where nothing can be written
                if home.ledger.stat().st_mode & 0o777 != 0o600:
                    home.ledger.chmod(0o600)
                connection.execute("pragma synchronous = full")
                connection.executescript(_TABLES)
                yield cls(connection)
            finally:
                connection.close()
        except (sqlite3.Error, UnicodeDecodeError) as error:  # the latter from its own messages
            raise LusError(
                f"the ledger cannot be read or written ({type(error).__name__})",
                where=str(home.ledger),
                todo="see that no other process writes it and that the disk has room, then run"
                " again; what was being issued is not. A damaged ledger: `lus restore`",
            ) from None

    def entries(self, kind: Kind | None = None, until: date | None = None) -> list[Entry]:
        """Entries in the order of issue; of one kind, or with as_of not after a day."""
        rows = self._connection.execute(
            "select * from entry where (? is null or kind = ?) and (? is null or as_of <= ?)"
            " order by sequence",
            [kind, kind, *[until and until.isoformat()] * 2],
        )
        return [_entry(row) for row in rows]

    def newest(self, kind: Kind, month: date, municipality_code: str) -> Entry | None:
        """The newest version of a month's base, or None."""
        row = self._connection.execute(
            "select * from entry where kind = ? and month = ? and municipality_code = ?"
            " order by version desc limit 1",
            (kind, month.isoformat(), municipality_code),
        ).fetchone()
        return _entry(row) if row else None

    def part(self, entry: Entry, name: str) -> bytes:
        """The content of an entry's part. LusError when it is not what the entry says."""
        row = self._connection.execute(
            "select cast(content as blob) from part where sha256 = ?", (entry.parts[name],)
        ).fetchone()
        if row is None or _sha256(row[0]) != entry.parts[name]:
            raise LusError(
                f"part {name} of {entry.name} is not what was issued",
                where=f"ledger, entry {entry.sequence}",
                todo="run `lus ledger verify`, then bring the ledger back with `lus restore`",
            )
        return row[0]

    def numbers(self) -> Iterator[str]:
        """The numbers that the next invoice bases get: given at issue, without gaps."""
        (count,) = self._connection.execute("select count(number) from entry").fetchone()
        return (f"LUS-{number:06d}" for number in itertools.count(count + 1))

    def append(self, drafts: Sequence[Draft]) -> list[Entry]:
        """Issue them together: one transaction, on disk when this returns. Its commit is the issue.

        Raises:
            LusError: one of them is there already, or its number was given to another; then none is
                issued.
        """
        self._connection.execute("begin immediate")
        try:
            entries = [self._append(draft) for draft in drafts]
        except BaseException:
            self._connection.execute("rollback")
            raise
        self._connection.execute("commit")
        return entries

    def _append(self, draft: Draft) -> Entry:
        row = self._row(draft)
        for content in draft.parts.values():
            self._connection.execute("insert into part values (?, ?)", (_sha256(content), content))
        names, marks = ", ".join(row), ", ".join("?" * len(row))
        try:
            self._connection.execute(
                f"insert into entry ({names}) values ({marks})", list(row.values())
            )
        except sqlite3.IntegrityError:
            raise LusError(
                f"{_entry(row).name} is in the ledger already, or its number is",
                where="ledger",
                todo="run again: what is issued stays as it is",
            ) from None
        return _entry(row)

    def _row(self, draft: Draft) -> dict[str, Any]:
        last = self._connection.execute(
            "select sequence, entry_hash from entry order by sequence desc limit 1"
        ).fetchone()
        row: dict[str, Any] = {
            "sequence": last["sequence"] + 1 if last else 1,
            "kind": draft.kind,
            "month": draft.month.isoformat(),
            "municipality_code": draft.municipality_code,
            "version": draft.version,
            "as_of": draft.as_of.isoformat(),
            "number": draft.number,
            "content_hash": draft.content_hash,
            "code_version": draft.code_version,
            "facts": _json(draft.facts),
            "files": _json(list(draft.files)),
            "parts": _json({name: _sha256(content) for name, content in draft.parts.items()}),
            "previous_hash": last["entry_hash"] if last else _FIRST,
        }
        row["entry_hash"] = _hash(row)
        row["recorded_at"] = datetime.now(UTC).isoformat(timespec="seconds")
        return row

    def broken(self) -> list[str]:
        """What was changed behind the ledger's back, in words; empty when the chain holds.

        Covers every entry, their order, and every part. That the newest entries were cut off shows
        only beside the published folders and the backups, which carry the entries' hashes.
        """
        found: list[str] = []
        previous, expected = _FIRST, 1
        columns = ", ".join((*_HASHED, "entry_hash", "recorded_at"))
        for row in self._connection.execute(f"select {columns} from entry order by sequence"):
            name = (
                f"entry {row['sequence']} ({row['kind']} {row['month']} {row['municipality_code']})"
            )
            if row["sequence"] != expected:
                found.append(f"{name}: entry {expected} is missing before it")
            if row["previous_hash"] != previous:
                found.append(f"{name}: it does not follow the entry before it")
            if row["entry_hash"] != _hash(dict(row)):
                found.append(f"{name}: it was changed")
            else:  # otherwise what it says of its parts may be changed as well
                found += [f"{name}: part {part}" for part in self._broken_parts(row["parts"])]
            previous, expected = row["entry_hash"], row["sequence"] + 1
        return found

    def _broken_parts(self, parts: str) -> list[str]:
        found: list[str] = []
        for name, sha256 in json.loads(parts).items():
            row = self._connection.execute(
                "select cast(content as blob) from part where sha256 = ?", (sha256,)
            ).fetchone()
            if row is None:
                found.append(f"{name} is missing")
            elif _sha256(row[0]) != sha256:
                found.append(f"{name} was changed")
        return found


def _entry(row: Mapping[str, Any] | sqlite3.Row) -> Entry:
    values = {name: row[name] for name in Entry.__dataclass_fields__}
    for name in ("month", "as_of"):
        values[name] = date.fromisoformat(values[name])
    for name in ("facts", "files", "parts"):
        values[name] = json.loads(values[name])
    return Entry(**values)


def _hash(row: Mapping[str, Any]) -> str:
    # a damaged file may have bytes where there was text
    values = [repr(row[name]) if isinstance(row[name], bytes) else row[name] for name in _HASHED]
    return _sha256(_json(values).encode())


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
