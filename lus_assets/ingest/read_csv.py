"""CSV by RFC 4180, UTF-8, to blocks of text: every record is read or set aside, none is lost.

Blank lines are not rows. Quoted or not, an empty value is null, and nothing else is.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

from lus_assets.ingest.codes import ReasonCode
from lus_assets.ingest.contract import Feed
from lus_assets.ingest.lines import Records, escape_invalid_utf8, find_records
from lus_assets.ingest.read import (
    LINE_MAX_BYTES,
    READ_REASON,
    FileFaultError,
    Tally,
    block_schema,
)
from lus_assets.privacy.arrow import Table


@dataclass(frozen=True)
class _Header:
    """names: of all columns, in file order. fault: why the file is set aside, or None."""

    names: tuple[str, ...]
    fault: FileFaultError | None


def csv_blocks(feed: Feed, chunks: Iterator[tuple[bytes, bool]], tally: Tally) -> Iterator[Table]:
    """Blocks of a CSV text's records; what it yields and raises: see `read.read_blocks`."""
    header: _Header | None = None
    carried = b""
    for chunk, is_last in chunks:
        data = carried + chunk
        body = data if is_last else data[: data.rfind(b"\n") + 1]
        if header is None:
            body = body.lstrip(b"\r\n")
            first_line, _, body = body.partition(b"\n")
            if first_line:
                header = _read_header(feed, first_line)
                tally.unknown_columns |= set(header.names) - set(feed.column_names)
            elif is_last:
                raise FileFaultError(ReasonCode.FILE_EMPTY, "the file has no header")
        consumed = len(data) if is_last else data.rfind(b"\n") + 1
        if header is not None:
            body = escape_invalid_utf8(body)
            records = find_records(body, len(header.names), is_last=is_last)
            tally.rows += len(records.starts)
            if not header.fault and len(records.starts):
                yield _to_block(feed, header, body, records)
            carried = body[records.consumed :] + data[consumed:]
        else:
            carried = data[consumed:]
        if len(carried) > LINE_MAX_BYTES:
            raise FileFaultError(ReasonCode.FILE_UNREADABLE, "a line has no end")
    if header and header.fault:
        raise header.fault


def _read_header(feed: Feed, line: bytes) -> _Header:
    """The header's names; FileFaultError when it cannot be one, so that rows have no width."""
    try:
        text = line.removesuffix(b"\r").decode()
        names = tuple(next(csv.reader([text]), []))
    except (UnicodeDecodeError, csv.Error):
        text, names = "\0", ()
    if "\0" in text:
        raise FileFaultError(ReasonCode.FILE_UNREADABLE, "the header is not UTF-8 text")
    fault = None
    missing = [name for name in feed.required_names if name not in names]
    if len(set(names)) < len(names):
        fault = FileFaultError(
            ReasonCode.FILE_DUPLICATE_COLUMN, "the header names a column more than once"
        )
    elif missing:
        hint = "missing: " + ", ".join(missing)
        for sign, spoken in ((";", "semicolons"), ("\t", "tabs")):
            if len(names) == 1 and sign in text:
                hint = f"columns are separated by {spoken}, not commas"
        fault = FileFaultError(ReasonCode.FILE_MISSING_COLUMN, hint)
    return _Header(names, fault)


def _to_block(feed: Feed, header: _Header, body: bytes, records: Records) -> Table:
    good = records.is_good
    table = _parse(feed, header, records.good_bytes(body), int(good.sum()))
    if bool(good.all()):
        return table.append_column(READ_REASON, pa.nulls(table.num_rows, pa.string()))
    place = np.cumsum(good) - 1
    table = table.take(pa.array(place, mask=~good))
    reason = np.where(records.is_not_utf8, ReasonCode.NOT_UTF8.value, ReasonCode.NOT_CSV.value)
    return table.append_column(READ_REASON, pa.array(reason, pa.string(), mask=good))


def _parse(feed: Feed, header: _Header, data: bytes, rows: int) -> Table:
    """Good records as text columns in contract order; a column the file lacks is null."""
    schema = block_schema(feed).remove(len(feed.columns))
    if not rows:
        return schema.empty_table()
    known = [name for name in header.names if name in feed.column_names]
    try:
        parsed = pa_csv.read_csv(
            pa.BufferReader(data),
            read_options=pa_csv.ReadOptions(
                # unknown columns get names that no contract has
                column_names=[
                    name if name in feed.column_names else f"?{place}"
                    for place, name in enumerate(header.names)
                ],
                block_size=len(data) + 1,
            ),
            parse_options=pa_csv.ParseOptions(newlines_in_values=b'"' in data),
            convert_options=pa_csv.ConvertOptions(
                include_columns=known,
                column_types=dict.fromkeys(known, pa.string()),
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
            ),
        )
    except pa.ArrowInvalid:
        parsed = None
    if parsed is None or parsed.num_rows != rows:
        raise FileFaultError(ReasonCode.FILE_UNREADABLE, "its records cannot be told apart")
    columns = [
        parsed[name] if name in known else pa.nulls(rows, pa.string()) for name in schema.names
    ]
    return pa.table(columns, schema=schema)
