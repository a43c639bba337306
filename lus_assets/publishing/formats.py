"""Tables as bytes: the same rows give the same bytes, on any day and any machine."""

import csv
import io
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from lus_assets.privacy.arrow import Schema, Table

# what spreadsheets take for the beginning of a formula
_COMPUTED = ("=", "+", "-", "@", "\t", "\r")
ROWS_PER_GROUP = 122_880

# Snappy and decimals as whole numbers are what Power BI and older readers take.
_PARQUET: dict[str, Any] = {
    "version": "2.6",
    "compression": "snappy",
    "store_decimal_as_integer": True,
}


def csv_bytes(table: Table, *, for_people: bool = True) -> bytes:
    """RFC 4180, UTF-8, header row, CRLF, decimal point; null is empty. Rows keep their order.

    for_people: a text that a spreadsheet would compute gets an apostrophe before it.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(table.column_names)
    columns = [column.to_pylist() for column in table.columns]
    written = _shown if for_people else _text
    writer.writerows([written(value) for value in row] for row in zip(*columns, strict=True))
    return text.getvalue().encode("utf-8")


def parquet_bytes(table: Table) -> bytes:
    """Parquet with fixed options; descriptions of columns are the fields' metadata."""
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(sink, table.schema, **_PARQUET) as writer:
        writer.write_table(table, row_group_size=ROWS_PER_GROUP)
    return sink.getvalue().to_pybytes()


def write_parquet(path: Path, batches: Any, schema: Schema) -> int:
    """The same for tables that need not fit in memory. `batches`: a record batch
    reader. Returns the number of rows."""
    rows = 0
    with pq.ParquetWriter(path, schema, **_PARQUET) as writer:
        for batch in batches:
            writer.write_table(pa.Table.from_batches([batch]).cast(schema))
            rows += batch.num_rows
    return rows


def described(
    schema: Schema, descriptions: Mapping[str, str], of_table: str | None = None
) -> Schema:
    """The schema with descriptions as metadata `description`: of each field, and of the table."""
    return pa.schema(
        [
            field.with_metadata({"description": descriptions[field.name]})
            if descriptions.get(field.name)
            else field
            for field in schema
        ],
        metadata={"description": of_table} if of_table else None,
    )


def _shown(value: Any) -> str:
    return f"'{value}" if isinstance(value, str) and value[:1] in _COMPUTED else _text(value)


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case Decimal():
            return f"{value:f}"
        case datetime() | date():
            return value.isoformat()
        case _:
            return str(value)
