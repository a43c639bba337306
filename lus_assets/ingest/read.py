"""Delivered bytes to rows of text, a block at a time, whatever the format.

A block is an Arrow table with one row per delivered row, in order: the feed's columns as text and
`read_reason`, why a row could not be read (its columns are then null). Values are not looked at.
"""

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

import duckdb
import pyarrow as pa

from lus_assets.ingest.codes import ReasonCode
from lus_assets.ingest.contract import Feed
from lus_assets.privacy.arrow import Schema, Table

BLOCK_BYTES = 16 * 1024 * 1024
# One line longer than this is no text file; without a limit it would be gathered in memory.
LINE_MAX_BYTES = 64 * 1024 * 1024
# Text of a sender packs ten to fifty times; gzip's utmost is a thousand.
UNPACKED_TIMES = 250
UNPACKED_BYTES = 256 * 1024 * 1024
READ_REASON = "read_reason"
_BOM = b"\xef\xbb\xbf"


class FileFaultError(Exception):
    """A file that is set aside whole. Never leaves this package.

    hint: what a person needs beside the code, without any value.
    """

    def __init__(self, reason_code: ReasonCode, hint: str) -> None:
        """reason_code: one that is for files."""
        super().__init__(hint)
        self.reason_code = reason_code
        self.hint = hint


def _no_names() -> set[str]:
    return set()


@dataclass
class Tally:
    """What reading found, also when it ended in a fault."""

    rows: int = 0
    unknown_columns: set[str] = field(default_factory=_no_names)


def block_schema(feed: Feed) -> Schema:
    """The schema of a feed's blocks."""
    return pa.schema([(name, pa.string()) for name in (*feed.column_names, READ_REASON)])


def read_blocks(
    feed: Feed,
    file_format: str,
    stream: BinaryIO,
    tally: Tally,
    connection: duckdb.DuckDBPyConnection,
) -> Iterator[Table]:
    """The file's rows as blocks of `block_schema(feed)`; `tally` grows as they are taken.

    stream: from its start, seekable. FileFaultError when the file is set aside whole; the tally
    then holds the rows that could be counted.
    """
    from lus_assets.ingest.read_csv import csv_blocks
    from lus_assets.ingest.read_jsonl import jsonl_blocks
    from lus_assets.ingest.read_parquet import parquet_blocks

    kind, _, packing = file_format.partition(".")
    if kind == "parquet":
        return parquet_blocks(feed, stream, tally)
    chunks = text_chunks(stream, is_gzip=packing == "gz")
    if kind == "csv":
        return csv_blocks(feed, chunks, tally)
    return jsonl_blocks(feed, chunks, tally, connection)


def text_chunks(stream: BinaryIO, *, is_gzip: bool) -> Iterator[tuple[bytes, bool]]:
    """The text's bytes in chunks of BLOCK_BYTES without a byte order mark, and whether it is last.

    At least one chunk, maybe empty. FileFaultError when gzip is damaged or cut off, or for a file
    of no bytes that claims to be gzip.
    """
    unpacked = gzip.GzipFile(fileobj=stream, mode="rb") if is_gzip else stream
    chunk = _read(unpacked).removeprefix(_BOM)
    if is_gzip and not chunk and not stream.tell():
        raise FileFaultError(ReasonCode.FILE_UNREADABLE, "the gzip file has no bytes")
    size = len(chunk)
    while True:
        following = _read(unpacked)
        size += len(following)
        if is_gzip and size > max(UNPACKED_BYTES, UNPACKED_TIMES * stream.tell()):
            hint = f"the gzip file unpacks to more than {UNPACKED_TIMES} times its size"
            raise FileFaultError(ReasonCode.FILE_UNREADABLE, hint)
        yield chunk, not following
        if not following:
            return
        chunk = following


def _read(stream: BinaryIO | gzip.GzipFile) -> bytes:
    try:
        return stream.read(BLOCK_BYTES)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise FileFaultError(
            ReasonCode.FILE_UNREADABLE, "the gzip file is damaged or cut off"
        ) from None
