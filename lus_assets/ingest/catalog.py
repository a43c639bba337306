"""The catalog: which file versions exist, since when they count, and what operators decided.

SQLite with full synchronisation; every change is one transaction, and that commit is what makes
a delivery count. Callers hold the home's writer lock.
"""

import sqlite3
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields
from datetime import UTC, date, datetime
from typing import Any

from lus_assets.core.errors import LusError
from lus_assets.core.home import Home

_TABLES = """
create table if not exists file_version (
    file_version_id text primary key,
    feed text not null,
    delivery_date text not null,
    path text not null,
    content_hash text not null,
    size_bytes integer not null,
    kind text not null check (kind in ('delivery', 'correction', 'replay')),
    status text not null check (status in ('accepted', 'quarantined', 'refused')),
    reason_code text,
    rows_delivered integer not null,
    rows_quarantined integer not null,
    unknown_columns integer not null,
    lake_file text,
    counts_from text not null,
    counts_until text,
    recorded_at text not null
) strict;
create index if not exists file_version_path on file_version (path);
create table if not exists lake_file (path text primary key, sha256 text not null) strict;
create table if not exists decision (
    decision_id text primary key,
    kind text not null check (kind in ('accept_correction', 'replay', 'acknowledge_gap')),
    feed text not null,
    delivery_date text not null,
    path text,
    content_hash text,
    counts_from text not null,
    reason text not null,
    recorded_at text not null
) strict;
"""


@dataclass(frozen=True)
class FileVersion:
    """A row of `file_version`, as docs/architecture.md describes it; dates ISO 8601 in the file.

    recorded_at: wall clock, UTC; never part of a hash.
    """

    file_version_id: str
    feed: str
    delivery_date: date
    path: str
    content_hash: str
    size_bytes: int
    kind: str
    status: str
    reason_code: str | None
    rows_delivered: int
    rows_quarantined: int
    unknown_columns: int
    lake_file: str | None
    counts_from: date
    counts_until: date | None
    recorded_at: datetime


@dataclass(frozen=True)
class Decision:
    """A row of `decision`: what an operator decided, why, and from which date it counts."""

    decision_id: str
    kind: str
    feed: str
    delivery_date: date
    path: str | None
    content_hash: str | None
    counts_from: date
    reason: str
    recorded_at: datetime


class Catalog:
    """The catalog of one home. Open it with `Catalog.opened(home)`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """connection: to a catalog whose tables exist."""
        self._connection = connection

    @classmethod
    @contextmanager
    def opened(cls, home: Home) -> "Generator[Catalog]":
        """The home's catalog, made when there is none; LusError when SQLite fails."""
        try:
            connection = sqlite3.connect(home.catalog, isolation_level=None)
            try:
                connection.execute("pragma synchronous = full")
                connection.executescript(_TABLES)
                yield cls(connection)
            finally:
                connection.close()
        except sqlite3.Error as error:
            raise LusError(
                f"the catalog cannot be read or written ({type(error).__name__})",
                where="lake/catalog.sqlite in the home folder",
                todo="see that no other process writes it and that the disk has room, then run "
                "again; what was being recorded does not count",
            ) from None

    def file_versions(self) -> list[FileVersion]:
        """Every file version, refused ones too, ordered by delivery date, path and recording."""
        return self._versions("order by delivery_date, path, rowid")

    def versions_of(self, path: str) -> list[FileVersion]:
        """The path's versions that were read (not the refused ones), oldest first."""
        return self._versions("where path = ? and status <> 'refused' order by rowid", path)

    def decisions(self) -> list[Decision]:
        """Every operator decision, in the order in which they were taken."""
        return [
            Decision(*_restored(Decision, row)) for row in self._rows("decision", "order by rowid")
        ]

    def lake_files(self) -> set[str]:
        """Paths below the lake that belong to a file version."""
        return {version.lake_file for version in self.file_versions() if version.lake_file}

    def lake_hashes(self) -> dict[str, str | None]:
        """Path below the lake -> SHA-256 of the file as it was written, of every file that counts.

        None: written by a version that kept no hashes.
        """
        found = self._connection.execute(
            """
            select version.lake_file, hashed.sha256
            from file_version as version
            left join lake_file as hashed on hashed.path = version.lake_file
            where version.lake_file is not null
            """
        )
        return dict(found.fetchall())

    def record(
        self,
        versions: Sequence[FileVersion],
        decision: Decision | None = None,
        lake_hashes: Mapping[str, str] | None = None,
    ) -> None:
        """Makes these versions (and the decision that brought them) count, in one transaction.

        lake_hashes: path below the lake -> SHA-256 of the file, of the versions that have one.
        A version supersedes the others of its path from its own `counts_from` on, and settles
        what was refused there.
        """
        with self._transaction():
            for version in versions:
                _limit_others(self._connection, version)
                self._insert("file_version", version)
            self._connection.executemany(
                "insert or replace into lake_file values (?, ?)", (lake_hashes or {}).items()
            )
            if decision:
                self._insert("decision", decision)

    def record_refusal(self, version: FileVersion) -> None:
        """Records changed content that waits for a decision; the same again changes nothing."""
        with self._transaction():
            self._connection.execute(
                "update file_version set counts_until = null where file_version_id = ?",
                (version.file_version_id,),
            )
            self._insert("file_version", version, or_ignore=True)

    def settle_refusals(self, path: str) -> None:
        """What was refused at the path waits no longer: the content that counts is back."""
        self._connection.execute(
            "update file_version set counts_until = counts_from"
            " where path = ? and status = 'refused' and counts_until is null",
            (path,),
        )

    def _versions(self, clause: str, *values: str) -> list[FileVersion]:
        rows = self._rows("file_version", clause, *values)
        return [FileVersion(*_restored(FileVersion, row)) for row in rows]

    def _rows(self, table: str, clause: str, *values: str) -> list[tuple[Any, ...]]:
        names = ", ".join(field.name for field in fields(_ROW_TYPES[table]))
        sql = f"select {names} from {table} {clause}"
        return self._connection.execute(sql, values).fetchall()

    def _insert(
        self, table: str, row: "FileVersion | Decision", *, or_ignore: bool = False
    ) -> None:
        values = [_stored(value) for value in astuple(row)]
        verb = "insert or ignore" if or_ignore else "insert"
        marks = ", ".join("?" * len(values))
        sql = f"{verb} into {table} values ({marks})"
        self._connection.execute(sql, values)

    @contextmanager
    def _transaction(self) -> Generator[None]:
        self._connection.execute("begin immediate")
        try:
            yield
        except BaseException:
            self._connection.execute("rollback")
            raise
        self._connection.execute("commit")


_ROW_TYPES: dict[str, type[FileVersion] | type[Decision]] = {
    "file_version": FileVersion,
    "decision": Decision,
}


def now() -> datetime:
    """Wall clock time in UTC, to the second, for `recorded_at` only."""
    return datetime.now(UTC).replace(microsecond=0)


def _limit_others(connection: sqlite3.Connection, version: FileVersion) -> None:
    connection.execute(
        "update file_version set counts_until = ?"
        " where path = ? and status <> 'refused' and (counts_until is null or counts_until > ?)",
        (version.counts_from.isoformat(), version.path, version.counts_from.isoformat()),
    )
    connection.execute(
        "update file_version set counts_until = counts_from"
        " where path = ? and status = 'refused' and counts_until is null",
        (version.path,),
    )


def _stored(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _restored(kind: type[FileVersion] | type[Decision], row: tuple[Any, ...]) -> list[Any]:
    values: list[Any] = []
    for field, value in zip(fields(kind), row, strict=True):
        if value is None:
            values.append(None)
        elif field.name == "recorded_at":
            values.append(datetime.fromisoformat(value))
        elif field.name in ("delivery_date", "counts_from", "counts_until"):
            values.append(date.fromisoformat(value))
        else:
            values.append(value)
    return values
