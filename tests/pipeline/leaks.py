"""Looks for person ids in all bytes below a folder, also in what is packed, in any writing."""

import gzip
import io
import json
import re
import sqlite3
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

# up to three signs, or an escape, between two digits: `19 79-04.18`, an en dash, `%20`, "\u2013"
_BETWEEN = rb"(?:\\u[0-9a-fA-F]{4}|%[0-9A-F]{2}|&[a-z#0-9]{1,6};|[^0-9A-Za-z]{1,3})?"
_DIGITS = re.compile(rb"(?:[0-9]" + _BETWEEN + rb"){8,}[0-9]")
_ESCAPES = re.compile(rb"\\u[0-9a-fA-F]{4}|%[0-9A-F]{2}|&[a-z#0-9]{1,6};|[^0-9]")


@dataclass
class Searched:
    """What was found where, and how much was looked at."""

    leaks: list[tuple[str, str]] = field(default_factory=list)
    files: int = 0
    size_bytes: int = 0


def cores(person_ids: list[str]) -> list[bytes]:
    """What all writings of these ids share: nine digits, without century and check digit."""
    return [each[-10:-1].encode() for each in person_ids]


def search(places: dict[str, bytes], wanted: list[bytes]) -> Searched:
    """Look for ids (`cores`) in contents by name, and in the names; unpack what is packed."""
    found = Searched()
    for name, content in places.items():
        found.files += 1
        for part, data in _unpacked(name, content):
            found.size_bytes += len(data)
            joined = [_ESCAPES.sub(b"", each) for each in _DIGITS.findall(data)]
            found.leaks += [
                (part, core.decode()) for core in wanted if any(core in each for each in joined)
            ]
    return found


def files_below(folder: Path) -> dict[str, bytes]:
    """Every file's bytes, by its path below the folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _unpacked(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    """The bytes as they are, then what is packed in them."""
    yield name, name.encode("utf-8", "surrogateescape") + b"\n" + content
    if content[:4] == b"PAR1":
        yield f"{name} (rows)", _parquet(content)
    elif content[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            for each in packed.namelist():
                yield from _unpacked(f"{name}/{each}", packed.read(each))
    elif content[:2] == b"\x1f\x8b":
        yield from _unpacked(f"{name} (unpacked)", gzip.decompress(content))
    elif content[8:12] == b"DUCK":
        yield from _duckdb(name, content)
    elif content[:15] == b"SQLite format 3":
        yield from _sqlite(name, content)
    elif name.endswith(".tar"):
        with tarfile.open(fileobj=io.BytesIO(content)) as tar:
            for member in tar:
                file = tar.extractfile(member)
                if file is not None:
                    yield from _unpacked(f"{name}/{member.name}", file.read())


def _parquet(content: bytes) -> bytes:
    file = pq.ParquetFile(io.BytesIO(content))
    rows = file.read().to_pylist()
    return f"{file.schema_arrow} {file.schema_arrow.metadata} {rows}".encode()


def _duckdb(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "copy.duckdb"
        path.write_bytes(content)
        with duckdb.connect(str(path), read_only=True) as connection:
            for query in ("duckdb_columns()", "duckdb_views()", "duckdb_tables()"):
                rows = connection.execute(f"from {query}").fetchall()
                yield f"{name} {query}", str(rows).encode()
            tables = connection.execute(
                "select schema_name, table_name from duckdb_tables()"
            ).fetchall()
            for schema, table in tables:
                rows = connection.execute(f'from "{schema}"."{table}"').fetchall()
                yield f"{name} {schema}.{table}", str(rows).encode()


def _sqlite(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    with sqlite3.connect(":memory:") as connection:
        # a database in WAL mode opens from memory when it says that it is in none
        connection.deserialize(content[:18] + b"\x01\x01" + content[20:])
        tables = connection.execute("select name from sqlite_master where type = 'table'")
        for (table,) in tables.fetchall():
            for row in connection.execute(f'select * from "{table}"'):
                text = json.dumps([each for each in row if not isinstance(each, bytes)])
                yield f"{name} {table}", text.encode()
                for each in row:
                    if isinstance(each, bytes):
                        yield from _unpacked(f"{name} {table} blob", each)
