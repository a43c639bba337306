"""Parquet to blocks of text: every column is written out and then read like any other delivery.

Timestamps with a zone keep their offset, whole numbers their digits: a code delivered as the
number 180 is the text `180`, and no municipality.
"""

from collections.abc import Iterator
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from lus_assets.ingest.codes import ReasonCode
from lus_assets.ingest.contract import Feed
from lus_assets.ingest.read import FileFaultError, Tally, block_schema
from lus_assets.privacy.arrow import Array, Schema, Table, pc

ROWS_PER_BLOCK = 65_536
BLOCK_TEXT_BYTES = 1024 * 1024 * 1024
"""Text of a block: a value that is stored once and repeated may unpack to any size."""


def parquet_blocks(feed: Feed, stream: BinaryIO, tally: Tally) -> Iterator[Table]:
    """Blocks of a Parquet file's rows; what it yields and raises: see `read.read_blocks`."""
    try:
        schema = pq.read_schema(stream)
        stream.seek(0)
        texts = [field.name for field in schema if pa.types.is_string(field.type)]
        file = pq.ParquetFile(stream, read_dictionary=texts)
        names = file.schema_arrow.names
    # names of columns that are no text fail as Python decodes them
    except (pa.ArrowException, OSError, UnicodeDecodeError):
        raise FileFaultError(ReasonCode.FILE_UNREADABLE, "the file is not Parquet") from None
    tally.unknown_columns |= set(names) - set(feed.column_names)
    fault = _column_fault(feed, file.schema_arrow)
    if fault:
        tally.rows = file.metadata.num_rows
        raise fault
    known = [name for name in feed.column_names if name in names]
    try:
        for batch in file.iter_batches(ROWS_PER_BLOCK, columns=known):
            block = _to_block(feed, batch)
            tally.rows += block.num_rows
            yield block
    except (pa.ArrowException, OSError):
        raise FileFaultError(
            ReasonCode.FILE_UNREADABLE, "the file's columns cannot be read as text"
        ) from None


def _column_fault(feed: Feed, schema: Schema) -> FileFaultError | None:
    if len(set(schema.names)) < len(schema.names):
        return FileFaultError(ReasonCode.FILE_DUPLICATE_COLUMN, "two columns have the same name")
    missing = [name for name in feed.required_names if name not in schema.names]
    if missing:
        return FileFaultError(ReasonCode.FILE_MISSING_COLUMN, "missing: " + ", ".join(missing))
    nested = [
        name
        for name in feed.column_names
        if name in schema.names and pa.types.is_nested(schema.field(name).type)
    ]
    if nested:
        return FileFaultError(ReasonCode.FILE_UNREADABLE, "not plain values: " + ", ".join(nested))
    return None


def _to_block(feed: Feed, batch: Table) -> Table:
    columns = [
        _to_text(batch.column(name))
        if name in batch.schema.names
        else pa.nulls(batch.num_rows, pa.string())
        for name in feed.column_names
    ]
    columns.append(pa.nulls(batch.num_rows, pa.string()))
    return pa.table(columns, schema=block_schema(feed))


def _to_text(column: Array) -> Array:
    if pa.types.is_dictionary(column.type):
        lengths = pc.binary_length(column.dictionary.cast(pa.binary())).cast(pa.int64())
        if (pc.sum(lengths.take(column.indices)).as_py() or 0) > BLOCK_TEXT_BYTES:
            raise FileFaultError(ReasonCode.FILE_UNREADABLE, "its values unpack beyond all bounds")
    text = column.cast(pa.string())
    return pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)
