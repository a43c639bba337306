"""Parquet files that are not as the contract wants them: read by their text, or set aside."""
# ruff: noqa: DTZ001 - the lake's timestamps are local clock time without a zone

import io
from datetime import date, datetime, timedelta, timezone

import pyarrow as pa
import pyarrow.parquet as pq

from tests.unit.ingest.support import (
    County,
    row,
    to_parquet,
)


def test_a_parquet_without_rows_is_a_day_without_events(county: County):
    stream = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([row("stays")]).slice(0, 0), stream)
    (file,) = county.deliver("stays", stream.getvalue(), "a.parquet").files
    assert (file.status, file.rows_delivered) == ("accepted", 0)


def test_a_parquet_of_other_types_is_read_by_its_text(county: County):
    summer = timezone(timedelta(hours=2))
    table = pa.table(
        {
            "placement_id": pa.array([1, 2]),
            "person_id": pa.array([197904182396, 197904182396]),
            "placing_municipality_code": pa.array(["0180", "0180"]).dictionary_encode(),
            "staying_municipality_code": pa.array([184, 1280]),
            "legal_basis": ["sol", "sol"],
            "housing": ["other", "other"],
            "valid_from": pa.array([date(2024, 1, 1)] * 2),
            "valid_to": pa.array([datetime(2024, 5, 1, tzinfo=summer), None], pa.timestamp("us")),
        }
    )
    stream = io.BytesIO()
    pq.write_table(table, stream)
    county.deliver("placements", stream.getvalue(), "a.parquet")
    # 184 has lost its zero and is no code; a timestamp is no date
    assert county.reasons("placements") == ["INVALID_DATE", None]
    assert county.lake("placements")[1]["placement_id"] == "2"


def test_parquet_timestamps_with_a_zone_keep_their_offset(county: County):
    moments = {
        "admitted_at": pa.array([datetime(2024, 7, 1, 8)], pa.timestamp("us", tz="UTC")),
        "updated_at": pa.array([datetime(2024, 7, 1, 8)], pa.timestamp("ns", tz="Asia/Tokyo")),
        "discharged_at": pa.array([datetime(2024, 7, 2, 8, 0, 0, 5)], pa.timestamp("us")),
    }
    table = pa.Table.from_pylist([row("stays")])
    for name, values in moments.items():
        table = table.set_column(table.column_names.index(name), name, values)
    stream = io.BytesIO()
    pq.write_table(table, stream)
    county.deliver("stays", stream.getvalue(), "a.parquet")
    (kept,) = county.lake("stays")
    assert kept["admitted_at"] == datetime(2024, 7, 1, 10)
    assert kept["updated_at"] == datetime(2024, 7, 1, 10)
    assert kept["discharged_at"] == datetime(2024, 7, 2, 8, 0, 0, 5)


def test_a_parquet_column_that_is_no_text_quarantines_the_file(county: County):
    rows = [{**row("stays"), "hospital_unit": ["a", "b"]}]
    (file,) = county.deliver("stays", to_parquet(rows), "a.parquet").files
    assert (file.status, file.reason_code) == ("quarantined", "FILE_UNREADABLE")
    assert (file.rows_delivered, file.rows_quarantined) == (1, 1)


def test_a_parquet_of_bytes_that_are_not_utf_8_is_unreadable(county: County):
    rows = [{**row("stays"), "hospital_unit": "å".encode("latin-1")}]
    (file,) = county.deliver("stays", to_parquet(rows), "a.parquet").files
    assert (file.status, file.reason_code) == ("quarantined", "FILE_UNREADABLE")


def test_a_nested_column_that_nobody_knows_does_no_harm(county: County):
    rows = [{**row("stays"), "extra": [{"a": 1}]}]
    (file,) = county.deliver("stays", to_parquet(rows), "a.parquet").files
    assert (file.status, file.unknown_columns) == ("accepted", 1)
