"""The vault's file: tables in sealed chunks (Parquet, AES-GCM), in a DuckDB file for its commits.

In clear stand only names of tables, counts of rows, and which file versions a chunk is of. Callers
hold the home's writer lock.
"""

import os
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from lus_assets.privacy.arrow import Array, Table, pc
from lus_assets.privacy.keys import Pseudonymizer
from lus_assets.privacy.seal import SALT_BYTES, Sealer

Keeps = Callable[[Table], Array]
CHUNK_ROWS = 250_000
MOST_CHUNKS = 200
"""Chunks of a table above which they are written together anew."""
PATIENCE = 60.0
"""Seconds to wait for another process that has the vault open."""
VERSION = "file_version_id"
_PURPOSE = "lus vault"
_CHECK = "the key of this vault"
_LAYOUT = """
create table if not exists store (salt blob not null, sealed_check blob);
create sequence if not exists chunk_number;
create table if not exists chunk (
    number bigint not null, table_name varchar not null, row_count bigint not null,
    content blob not null
);
create table if not exists chunk_version (number bigint not null, file_version_id varchar not null);
"""


class Chunks:
    """An open vault file. Reading needs the key that it was filled under: WrongKeyError."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, key: Pseudonymizer) -> None:
        """connection: to the file; tables are made when there are none."""
        self._connection = connection
        if not _has_table(connection, "store"):
            connection.execute(_LAYOUT)
            connection.execute("insert into store values (?, null)", [os.urandom(SALT_BYTES)])
        row = connection.execute("select salt, sealed_check from store").fetchone()
        salt, self._check = row or (b"", None)
        self._sealer: Sealer = key.sealer(bytes(salt), _PURPOSE)

    def check_key(self) -> None:
        """WrongKeyError when it was filled under another key."""
        if self._check is not None:
            self._sealer.open(bytes(self._check), _CHECK)

    def tables(self, name: str, versions: Sequence[str] | None = None) -> Iterator[Table]:
        """A table's chunks, in the order in which they were written; or those with rows of some
        file versions."""
        for number in self.numbers(name, versions):
            yield self.read(name, number)

    def row_count(self, name: str) -> int:
        """Rows of a table."""
        row = self._connection.execute(
            "select coalesce(sum(row_count), 0) from chunk where table_name = ?", [name]
        ).fetchone()
        return int(row[0]) if row else 0

    def append(self, name: str, table: Table) -> None:
        """Add rows to a table; many small chunks become few."""
        self.check_key()
        if self._check is None:
            self._check = self._sealer.seal(b"", _CHECK)
            self._connection.execute("update store set sealed_check = ?", [self._check])
        for start in range(0, table.num_rows, CHUNK_ROWS):
            self._write(name, table.slice(start, CHUNK_ROWS))
        numbers = self.numbers(name)
        if len(numbers) > MOST_CHUNKS:
            whole = pa.concat_tables([self.read(name, number) for number in numbers])
            self._delete(numbers)
            for start in range(0, whole.num_rows, CHUNK_ROWS):
                self._write(name, whole.slice(start, CHUNK_ROWS))

    def forget_versions(self, name: str, versions: Sequence[str]) -> None:
        """Take out a table's rows of some file versions."""
        self.keep_rows(
            name,
            lambda rows: pc.invert(pc.is_in(rows[VERSION], value_set=pa.array(versions))),
            self.numbers(name, versions),
        )

    def versions(self) -> set[str]:
        """File versions that any table has rows of."""
        found = self._connection.execute("select distinct file_version_id from chunk_version")
        return {str(version) for (version,) in found.fetchall()}

    def keep_rows(self, name: str, keeps: Keeps, numbers: Sequence[int] | None = None) -> int:
        """Keep only rows of which `keeps(table)` is true; how many went."""
        gone = 0
        for number in self.numbers(name) if numbers is None else numbers:
            rows = self.read(name, number)
            kept = rows.filter(keeps(rows))
            if kept.num_rows < rows.num_rows:
                gone += rows.num_rows - kept.num_rows
                self._delete([number])
                self._write(name, kept)
        return gone

    def numbers(self, name: str, versions: Sequence[str] | None = None) -> list[int]:
        """Which chunks a table has, in the order in which they were written; or those with rows of
        some file versions. No number is used again for other rows."""
        sql = "select number from chunk where table_name = ?"
        given: list[object] = [name]
        if versions is not None:
            sql += (
                " and number in (select number from chunk_version where file_version_id in"
                " (select unnest(cast(? as varchar[]))))"
            )
            given.append(list(versions))
        found = self._connection.execute(f"{sql} order by number", given).fetchall()
        return [int(number) for (number,) in found]

    def read(self, name: str, number: int) -> Table:
        """One chunk of a table."""
        row = self._connection.execute(
            "select content from chunk where number = ?", [number]
        ).fetchone()
        content = self._sealer.open(bytes(row[0]) if row else b"", f"{name} {number}")
        return pq.read_table(pa.BufferReader(content))

    def _write(self, name: str, rows: Table) -> None:
        if not rows.num_rows:
            return
        row = self._connection.execute("select nextval('chunk_number')").fetchone()
        number = int(row[0]) if row else 0
        sink = pa.BufferOutputStream()
        pq.write_table(rows, sink, compression="zstd")
        sealed = self._sealer.seal(sink.getvalue().to_pybytes(), f"{name} {number}")
        self._connection.execute(
            "insert into chunk values (?, ?, ?, ?)", [number, name, rows.num_rows, sealed]
        )
        if VERSION in rows.column_names:
            of = pa.table({VERSION: pc.unique(rows[VERSION])})
            self._connection.register("of", of)
            self._connection.execute(
                f"insert into chunk_version select {number}, {VERSION} from of"
            )
            self._connection.unregister("of")

    def _delete(self, numbers: Sequence[int]) -> None:
        for table in ("chunk", "chunk_version"):
            self._connection.execute(
                f"delete from {table} where number in (select unnest(cast(? as bigint[])))",
                [list(numbers)],
            )


@contextmanager
def opened(path: Path, key: Pseudonymizer) -> Generator[Chunks]:
    """The vault file at a path (0600, folder 0700), made when there is none; one transaction.

    Waits for another process that has it open, as each run has for a moment to check the key.
    """
    # the process's umask for as long as DuckDB may make files: the vault's and its .wal's
    # first byte already belongs to the owner alone
    former_mask = os.umask(0o077)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _connected(path) as connection:
            path.chmod(0o600)
            connection.execute("set enable_external_access = false")
            connection.execute("begin transaction")
            yield Chunks(connection, key)
            connection.execute("commit")
            connection.execute("checkpoint")
    finally:
        os.umask(former_mask)


def is_clear(path: Path) -> bool:
    """Does a vault file hold tables in clear, as versions before sealing wrote them?"""
    with _connected(path, read_only=True) as connection:
        return _has_table(connection, "identity")


def clear_tables(path: Path, names: Sequence[str]) -> dict[str, Table]:
    """The tables of a vault file that holds them in clear."""
    with duckdb.connect(path) as connection:
        return {name: connection.execute(f"from {name}").to_arrow_table() for name in names}


def _connected(path: Path, *, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return duckdb.connect(path, read_only=read_only)
        except duckdb.IOException as error:
            if "Could not set lock" not in str(error) or time.monotonic() > until:
                raise
        time.sleep(0.1)


def _has_table(connection: duckdb.DuckDBPyConnection, name: str) -> bool:
    row = connection.execute(
        "select count(*) from duckdb_tables() where table_name = ?", [name]
    ).fetchone()
    return bool(row and row[0])
