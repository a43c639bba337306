"""Bytes of published tables."""

import csv
import io
from datetime import date, datetime
from decimal import Decimal

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lus_assets.publishing.formats import csv_bytes, described, parquet_bytes

TABLE = pa.table(
    {
        "code": pa.array(["0180", 'Håbo, "Bro"'], pa.string()),
        "amount": pa.array([Decimal("1160.50"), None], pa.decimal128(18, 2)),
        "is_own": pa.array([True, None], pa.bool_()),
        "month": pa.array([date(2025, 1, 1), None], pa.date32()),
        "at": pa.array([datetime(2025, 1, 2, 3, 4), None], pa.timestamp("us")),  # noqa: DTZ001
        "days": pa.array([-7, 0], pa.int64()),
    }
)


def test_csv_is_rfc_4180_with_decimal_point_and_empty_nulls() -> None:
    assert csv_bytes(TABLE).decode("utf-8") == (
        "code,amount,is_own,month,at,days\r\n"
        "0180,1160.50,true,2025-01-01,2025-01-02T03:04:00,-7\r\n"
        '"Håbo, ""Bro""",,,,,0\r\n'
    )


def test_a_small_decimal_is_never_written_with_an_exponent() -> None:
    table = pa.table({"value": pa.array([Decimal("0.0000")], pa.decimal128(18, 4))})
    assert csv_bytes(table) == b"value\r\n0.0000\r\n"


def test_parquet_comes_back_as_it_was_with_descriptions() -> None:
    table = TABLE.cast(described(TABLE.schema, {"amount": "What it costs, SEK."}))
    back = pq.read_table(io.BytesIO(parquet_bytes(table)))
    assert back.equals(TABLE)
    assert back.schema.field("amount").metadata[b"description"].decode() == "What it costs, SEK."


def test_decimals_are_whole_numbers_in_parquet() -> None:
    schema = pq.ParquetFile(io.BytesIO(parquet_bytes(TABLE))).schema
    assert schema.column(1).physical_type == "INT64"


def test_the_same_rows_are_the_same_bytes() -> None:
    again = pa.concat_tables([TABLE.slice(0, 1), TABLE.slice(1, 1)]).combine_chunks()
    assert parquet_bytes(again) == parquet_bytes(TABLE)


def test_duckdb_reads_the_types_back() -> None:
    relation = duckdb.connect().from_arrow(TABLE)
    assert [str(each) for each in relation.types][:2] == ["VARCHAR", "DECIMAL(18,2)"]


@pytest.mark.promise(
    "No text of a sender becomes a formula, a program or a path",
    area="Doors",
    how="texts that begin as formulas do, in CSV for people",
)
def test_what_a_spreadsheet_would_compute_is_text_for_people_and_kept_for_programs() -> None:
    texts = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "ordinary", "a=b", ""]
    table = pa.table({"text": texts, "amount_sek": [Decimal("-1.50")] * len(texts)})
    shown = list(csv.reader(io.StringIO(csv_bytes(table).decode(), newline="")))[1:]
    assert [row[0] for row in shown] == [f"'{each}" for each in texts[:6]] + texts[6:]
    assert {row[1] for row in shown} == {"-1.50"}, "amounts stay numbers"
    kept = csv_bytes(table, for_people=False).decode()
    assert [row[0] for row in csv.reader(io.StringIO(kept, newline=""))][1:] == texts
