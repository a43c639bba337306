"""The BI snapshot: the marts in a file of their own, so that readers never meet the writer.

Holds the `fct_*` tables and with them pseudonyms: files 0640, folders 0750. `lus.duckdb` is one
consistent set, swapped after the Parquet files, which are swapped one by one, each whole. Last
comes `manifest.json`, by whose hashes a reader sees whether all files are of one snapshot.
"""

import os
import shutil
import threading
from collections.abc import Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from lus_assets.core.durable import sync, write_durably
from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.core.progress import Progress
from lus_assets.publishing.building import building_folder, make_folders
from lus_assets.publishing.formats import ROWS_PER_GROUP, described, write_parquet
from lus_assets.publishing.marts import comments, mart_tables, open_marts, snapshot_as_of
from lus_assets.publishing.release import MANIFEST
from lus_assets.publishing.snapshot_manifest import snapshot_manifest
from lus_assets.warehouse.connection import connect, quoted

DATABASE = "lus.duckdb"
_SORTED_AT_ONCE = 8_000_000
"""Rows. A longer table is sorted a range of its first column at a time: that needs no disk."""
_SAMPLED = 10_000
_READ_AT_ONCE = 8 * ROWS_PER_GROUP
"""Rows that have to stand before they are written as Parquet; a multiple keeps groups whole."""
_FILE_MODE = 0o640
_FOLDER_MODE = 0o750


@dataclass(frozen=True)
class SnapshotReport:
    """What was written. row_counts: table -> rows. is_current: False when in `bi/as-of/`."""

    as_of: date
    folder: Path
    database: Path
    parquet: Path
    row_counts: dict[str, int]
    is_current: bool


def publish_snapshot(home: Home, as_of: date) -> SnapshotReport:
    """Make every mart readable for BI under `published/bi/`, as known at `as_of`.

    A run before the as_of of the snapshot that is there writes to `published/bi/as-of/<date>/`.
    Readers who hold an old file open keep it; a killed run leaves whole tables and is made good
    by the next.

    Raises:
        LusError: no marts of that as_of, or the snapshot is open elsewhere for writing.
    """
    newest = home.published / "bi"
    with open_marts(home, as_of) as connection, building_folder(home.published) as aside:
        there = _as_of_there(newest / DATABASE)
        is_current = there is None or there <= as_of
        folder = newest if is_current else newest / "as-of" / as_of.isoformat()
        rows = _build(connection, aside)
        names = {f"parquet/{table}/{table}.parquet": aside / f"{table}.parquet" for table in rows}
        manifest = snapshot_manifest(connection, as_of, {DATABASE: aside / DATABASE, **names}, rows)
        write_durably(aside / MANIFEST, manifest, _FILE_MODE)
        _swap(home.published, aside, folder, list(rows))
    return SnapshotReport(
        as_of=as_of,
        folder=folder,
        database=folder / DATABASE,
        parquet=folder / "parquet",
        row_counts=rows,
        is_current=is_current,
    )


@contextmanager
def open_snapshot(home: Home, as_of: date | None = None) -> Generator[duckdb.DuckDBPyConnection]:
    """A connection that reads the newest BI snapshot, or that of `as_of`; `marts.<table>` resolves.

    Raises:
        LusError: there is none, or none of that as_of.
    """
    database = snapshot_file(home, as_of)
    with connect(Path(":memory:")) as connection:
        connection.execute(f"attach {quoted(database)} as snapshot (read_only)")
        connection.execute("use snapshot")
        yield connection


def snapshot_file(home: Home, as_of: date | None = None) -> Path:
    """The newest BI snapshot's database, or that of `as_of`.

    Raises:
        LusError: there is none, or none of that as_of.
    """
    newest = home.published / "bi"
    database = newest / DATABASE
    if as_of is not None and _as_of_there(database) != as_of:
        database = newest / "as-of" / as_of.isoformat() / DATABASE
    if not database.exists():
        asked = f" as known at {as_of}" if as_of else ""
        raise LusError(
            f"there is no snapshot of the marts{asked}",
            where=str(newest),
            todo="make it: lus run --through marts with --landing, --month"
            f"{f' and --as-of {as_of}' if as_of else ''}",
        )
    return database


def _as_of_there(database: Path) -> date | None:
    """The as_of of the snapshot that is there; what cannot be read as one is replaced."""
    if not database.exists():
        return None
    with connect(Path(":memory:")) as connection:
        try:
            connection.execute(f"attach {quoted(database)} as there (read_only)")
            return snapshot_as_of(connection, "there")
        except duckdb.Error as error:
            if "Could not set lock" not in str(error):
                return None
    raise LusError(
        "the BI snapshot is open for writing in another program",
        where=str(database),
        todo="close it there and open it read-only; then run again",
    )


class _Inserted:
    """How many rows of a table stand in the snapshot: told by who inserts, asked by who reads."""

    def __init__(self) -> None:
        self._rows, self._is_over = 0, False
        self._changed = threading.Condition()

    def more(self, rows: int) -> None:
        """So many have been added."""
        with self._changed:
            self._rows += rows
            self._changed.notify_all()

    def over(self) -> None:
        """No more will come, for whatever reason."""
        with self._changed:
            self._is_over = True
            self._changed.notify_all()

    def wait_for(self, rows: int) -> int:
        """Wait until so many are there, or no more will come; how many are there, at most these."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_over or self._rows >= rows)
            return min(self._rows, rows)


def _build(connection: duckdb.DuckDBPyConnection, aside: Path) -> dict[str, int]:
    """Write `lus.duckdb` and one Parquet file per table into `aside`. Returns rows per table."""
    database = aside / DATABASE
    # readers with older clients cannot open newer formats
    connection.execute(f"attach {quoted(database)} as snapshot (storage_version 'v1.0.0')")
    connection.execute("create schema snapshot.marts")
    # Parquet is written, a table after the other, while what comes next is sorted
    with ThreadPoolExecutor(1) as writer:
        written: dict[str, Future[int]] = {}
        tables, progress = mart_tables(connection), Progress("tables in the BI snapshot")
        for number, table in enumerate(tables, start=1):
            described_as = _create(connection, table)
            inserted, reader = _Inserted(), connection.cursor()
            try:
                # inside: Ctrl-C between the two would leave the writer waiting
                written[table] = writer.submit(
                    _write_table, reader, table, inserted, *described_as, aside
                )
                _insert(connection, table, inserted)
            finally:
                inserted.over()
            progress.at(number, len(tables), table)
        rows = {table: each.result() for table, each in written.items()}
    connection.execute("checkpoint snapshot")
    connection.execute("detach snapshot")
    if database.with_name(f"{DATABASE}.wal").exists():
        raise LusError(
            "the snapshot was not written to its end", where=str(database), todo="run again"
        )
    database.chmod(_FILE_MODE)
    sync(database)
    return rows


def _create(connection: duckdb.DuckDBPyConnection, table: str) -> tuple[str | None, dict[str, str]]:
    """Make an empty table of the snapshot; what it is, and what its columns are."""
    target = f"snapshot.marts.{table}"
    of_table, of_columns = comments(connection, table)
    # together: each by itself would wait for the disk
    connection.begin()
    connection.execute(f"create table {target} as from marts.{table} limit 0")
    if of_table:
        connection.execute(f"comment on table {target} is {quoted(of_table)}")
    for column, text in of_columns.items():
        connection.execute(f'comment on column {target}."{column}" is {quoted(text)}')
    connection.commit()
    return of_table, of_columns


def _insert(connection: duckdb.DuckDBPyConnection, table: str, inserted: _Inserted) -> None:
    """Fill a table of the snapshot; sorted, so that the same marts give the same files."""
    for condition in _ranges(connection, table):
        (rows,) = connection.execute(
            f"insert into snapshot.marts.{table} from marts.{table} where {condition}"
            " order by all nulls first"
        ).fetchall()[0]
        inserted.more(rows)


def _ranges(connection: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    """Conditions that cut a table into parts, ascending by its first column; one if it is short.

    Where the cuts are follows a sample, and changes nothing of what comes out.
    """
    (rows,) = connection.execute(f"select count(*) from marts.{table}").fetchall()[0]
    parts = -(-rows // _SORTED_AT_ONCE)
    if parts < 2:
        return ["true"]
    column, kind, *_ = connection.execute(f"describe marts.{table}").fetchall()[0]
    sampled = connection.execute(
        f"select cast({column} as varchar) from marts.{table}"
        f" where {column} is not null using sample {_SAMPLED} rows (reservoir, 0) order by {column}"
    ).fetchall()
    cuts = [sampled[len(sampled) * number // parts][0] for number in range(1, parts)]
    literals = [f"cast({quoted(cut)} as {kind})" for cut in dict.fromkeys(cuts)]
    lows = [f"{column} >= {literal}" for literal in literals]
    highs = [f"{column} < {literal}" for literal in literals]
    inner = [" and ".join(pair) for pair in zip(lows, highs[1:], strict=False)]
    return [f"{column} is null or {highs[0]}", *inner, lows[-1]]


def _write_table(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    inserted: _Inserted,
    of_table: str | None,
    of_columns: dict[str, str],
    aside: Path,
) -> int:
    nothing = connection.execute(f"select * from snapshot.marts.{table} limit 0").to_arrow_reader()
    path = aside / f"{table}.parquet"
    schema = described(nothing.schema, of_columns, of_table)
    rows = write_parquet(path, _batches(connection, table, inserted), schema)
    connection.close()
    path.chmod(_FILE_MODE)
    sync(path)
    return rows


def _batches(
    connection: duckdb.DuckDBPyConnection, table: str, inserted: _Inserted
) -> Iterator[Any]:
    """A table's rows as they come, ROWS_PER_GROUP at a time however many came at once."""
    start = 0
    while (end := inserted.wait_for(start + _READ_AT_ONCE)) > start:
        # rows are never deleted: their ids are their places
        yield from connection.execute(
            f"select * from snapshot.marts.{table} where rowid >= {start} and rowid < {end}"
        ).to_arrow_reader(ROWS_PER_GROUP)
        start = end


def _swap(published: Path, aside: Path, folder: Path, tables: list[str]) -> None:
    """Move what was built into place, the database after its tables: its as_of says what the folder
    is; and the manifest of all last."""
    parquet = folder / "parquet"
    make_folders(published, parquet, _FOLDER_MODE)
    for table in tables:
        make_folders(published, parquet / table, _FOLDER_MODE)
        os.replace(aside / f"{table}.parquet", parquet / table / f"{table}.parquet")  # noqa: PTH105
        sync(parquet / table)
    for other in parquet.iterdir():
        # what somebody else put there is no table
        if other.is_dir() and other.name not in tables:
            shutil.rmtree(other)
    # a stale log beside a file that is swapped in would be replayed into it (DuckDB 1.5)
    (folder / f"{DATABASE}.wal").unlink(missing_ok=True)
    for name in (DATABASE, MANIFEST):
        os.replace(aside / name, folder / name)  # noqa: PTH105
        sync(folder)
