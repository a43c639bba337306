"""The lake's files: one Parquet per file version, written aside, made durable, renamed.

A file that no catalog row names does not exist for anyone (docs/architecture.md).
"""

import hashlib
import os
from collections.abc import Generator, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lus_assets.core.durable import sync
from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.ingest.codes import ReasonCode
from lus_assets.ingest.contract import Feed
from lus_assets.ingest.normalise import JUDGED_COLUMNS, ROW_HASH, feed_schema
from lus_assets.privacy.arrow import Schema, Table

_TEMPORARY_SUFFIX = ".writing"
_FAULT_ROWS_PER_WRITE = 1_000_000


def lake_schema(feed: Feed) -> Schema:
    """Columns of the feed's lake files, as docs/architecture.md lists them."""
    return pa.schema(
        [
            pa.field("file_version_id", pa.string()),
            pa.field("row_number", pa.int64()),
            *(pa.field(name, kind) for name, kind in (*JUDGED_COLUMNS, ROW_HASH)),
            *feed_schema(feed),
        ]
    )


def lake_path(feed: str, delivery_date: date, file_version_id: str) -> str:
    """Where a file version's rows lie, relative to the lake folder."""
    return f"{feed}/{delivery_date.isoformat()}/{file_version_id}.parquet"


class LakeFile:
    """One Parquet file being written: `write` rows, then `finish` and `publish`, or `discard`.

    Every method raises LusError when the disk refuses; nothing then counts.
    """

    def __init__(self, home: Home, feed: Feed, delivery_date: date, file_version_id: str) -> None:
        """Opens the file under a temporary name beside its final one."""
        self.relative_path = lake_path(feed.name, delivery_date, file_version_id)
        self.row_count = 0
        self.sha256 = ""
        self._file_version_id = file_version_id
        self._schema = lake_schema(feed)
        self._final = home.lake / self.relative_path
        self._temporary = self._final.with_name(self._final.name + _TEMPORARY_SUFFIX)
        with disk_errors(self.relative_path):
            self._final.parent.mkdir(parents=True, exist_ok=True)
        self._writer = self._open()

    def _open(self) -> pq.ParquetWriter:
        with disk_errors(self.relative_path):
            return pq.ParquetWriter(self._temporary, self._schema, compression="zstd")

    def write(self, rows: Table) -> None:
        """Appends rows: the lake schema's columns but the first two, which are given here."""
        size = rows.num_rows
        numbers = np.arange(self.row_count + 1, self.row_count + size + 1)
        whole = pa.table(
            [pa.repeat(self._file_version_id, size), numbers, *rows.columns], schema=self._schema
        )
        with disk_errors(self.relative_path):
            self._writer.write_table(whole)
        self.row_count += size

    def restart_as_faulty(self, reason_code: ReasonCode, row_count: int) -> None:
        """Throws away what was written; the file then holds that many rows with that reason."""
        self.discard()
        self._writer = self._open()
        self.row_count = 0
        values = self._schema.remove(0).remove(0)
        while self.row_count < row_count:
            size = min(row_count - self.row_count, _FAULT_ROWS_PER_WRITE)
            columns = [pa.nulls(size, field.type) for field in values]
            columns[values.get_field_index("reason_code")] = pa.repeat(reason_code.value, size)
            self.write(pa.table(columns, schema=values))

    def finish(self) -> None:
        """Completes the temporary file and makes it durable."""
        with disk_errors(self.relative_path):
            self._writer.close()
            sync(self._temporary)
            self.sha256 = file_sha256(self._temporary)

    def publish(self) -> None:
        """Gives the finished file its final name; `sync_folders` makes the name durable."""
        with disk_errors(self.relative_path):
            self._temporary.replace(self._final)

    def discard(self) -> None:
        """Removes the temporary file, in whatever state it is."""
        with suppress(OSError, pa.ArrowException):
            self._writer.close()
        # a close that failed would be tried again when the writer is collected
        self._writer.is_open = False
        self._temporary.unlink(missing_ok=True)


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def changed_files(home: Home, hashes: Mapping[str, str | None]) -> list[str]:
    """Lake files that are not as they were written: path below the lake, and what is wrong.

    hashes: path below the lake -> SHA-256, as the catalog has them; without one only a missing file
    is found. All are read: 0.1 s for a county's year.
    """

    def found(name: str) -> str | None:
        path = home.lake / name
        if not path.exists():
            return f"{name} is missing"
        written = hashes[name]
        return f"{name} was changed" if written and file_sha256(path) != written else None

    # hashing lets other threads run
    with ThreadPoolExecutor() as pool:
        return [each for each in pool.map(found, sorted(hashes)) if each]


def orphans(home: Home, named: set[str]) -> list[Path]:
    """Lake files, temporary ones too, that are not among the named paths (relative to the lake)."""
    left: list[Path] = []
    for folder, _, files in os.walk(home.lake):
        relative = os.path.relpath(folder, home.lake)
        left += [
            Path(folder, name)
            for name in files
            if name.endswith((".parquet", _TEMPORARY_SUFFIX)) and f"{relative}/{name}" not in named
        ]
    return sorted(left)


def sync_folders(home: Home, relative_paths: Iterable[str]) -> None:
    """Makes the names of published files durable, and those of their folders."""
    folders = {(home.lake / path).parent for path in relative_paths}
    with disk_errors("."):
        for folder in sorted(folders | {folder.parent for folder in folders} | {home.lake}):
            sync(folder)


@contextmanager
def disk_errors(where: str) -> Generator[None]:
    """What the disk refuses leaves as LusError that names the file below the lake."""
    try:
        yield
    except OSError as error:
        raise LusError(
            f"the lake cannot be written ({error.strerror or type(error).__name__})",
            where=f"lake/{where}",
            todo="make room on the disk or mend the folder's rights, then run again; "
            "what was being read does not count yet, and nothing is lost",
        ) from None
