"""Every bad file has one clear outcome, and the good rows beside the bad ones are kept."""
# ruff: noqa: DTZ001 - the lake's timestamps are local clock time without a zone

import gzip
from datetime import datetime

import pyarrow.parquet as pq
import pytest

from lus_assets.ingest.contract import FEEDS
from lus_assets.ingest.lake import lake_schema
from tests.unit.ingest.support import (
    ALL_FEEDS,
    County,
    is_sum_right,
    row,
    to_bytes,
    to_csv,
    to_jsonl,
)

FORMATS = ["csv", "csv.gz", "jsonl", "jsonl.gz", "parquet"]


@pytest.mark.parametrize("feed", ALL_FEEDS)
def test_a_valid_row_is_accepted_in_every_format(county: County, feed: str):
    for file_format in FORMATS:
        county.put(feed, to_bytes(file_format, [row(feed)]), f"a.{file_format}")
    files = county.ingest(feed).files
    assert {file.path.partition("/a.")[2] for file in files} == set(FORMATS)
    for file in files:
        assert (file.status, file.rows_delivered, file.rows_quarantined) == ("accepted", 1, 0)
        assert file.reasons == {}
    assert is_sum_right(county)


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.jsonl.gz", "a.parquet"])
def test_a_file_of_no_bytes_is_quarantined(county: County, name: str):
    (file,) = county.deliver("stays", b"", name).files
    expected = "FILE_EMPTY" if name == "a.csv" else "FILE_UNREADABLE"
    assert (file.status, file.reason_code, file.rows_delivered) == ("quarantined", expected, 0)


def test_a_packed_csv_of_nothing_is_empty(county: County):
    (file,) = county.deliver("stays", gzip.compress(b""), "a.csv.gz").files
    assert (file.status, file.reason_code) == ("quarantined", "FILE_EMPTY")


@pytest.mark.parametrize("content", [b"\xef\xbb\xbf", b"\n\r\n\n"])
def test_a_csv_without_header_is_empty(county: County, content: bytes):
    (file,) = county.deliver("stays", content).files
    assert (file.status, file.reason_code) == ("quarantined", "FILE_EMPTY")


@pytest.mark.parametrize("feed", ALL_FEEDS)
def test_a_header_alone_is_a_day_without_events_and_keeps_the_types(county: County, feed: str):
    header = to_csv([row(feed)]).split(b"\r\n")[0]
    (file,) = county.deliver(feed, header).files
    assert (file.status, file.rows_delivered, file.rows_quarantined) == ("accepted", 0, 0)
    (version,) = county.versions()
    assert version.lake_file
    assert pq.read_schema(county.home.lake / version.lake_file).equals(lake_schema(FEEDS[feed]))


def test_an_empty_jsonl_is_a_day_without_events(county: County):
    (file,) = county.deliver("stays", b"", "a.jsonl").files
    assert (file.status, file.rows_delivered) == ("accepted", 0)


@pytest.mark.parametrize("file_format", ["csv", "parquet"])
def test_a_missing_required_column_quarantines_every_row(county: County, file_format: str):
    rows = [row("stays", stay_id=f"S{n}") for n in range(3)]
    for each in rows:
        del each["care_type"]
    (file,) = county.deliver("stays", to_bytes(file_format, rows), f"a.{file_format}").files
    assert (file.status, file.reason_code) == ("quarantined", "FILE_MISSING_COLUMN")
    assert (file.rows_delivered, file.rows_quarantined) == (3, 3)
    assert file.hint == "missing: care_type"
    assert county.reasons("stays") == ["FILE_MISSING_COLUMN"] * 3
    assert is_sum_right(county)


def test_a_name_that_no_json_line_has_is_a_missing_value(county: County):
    rows = [row("stays")]
    del rows[0]["care_type"]
    (file,) = county.deliver("stays", to_jsonl(rows), "a.jsonl").files
    assert (file.status, file.reasons) == ("accepted", {"MISSING_VALUE": 1})


def test_a_missing_optional_column_is_empty(county: County):
    rows = [row("stays")]
    for name in ("legal_basis", "to_open_compulsory_care", "discharged_at", "discharge_type"):
        del rows[0][name]
    county.deliver("stays", to_csv(rows))
    (kept,) = county.lake("stays")
    assert (kept["legal_basis"], kept["to_open_compulsory_care"]) == ("hsl", False)
    assert kept["discharged_at"] is None


@pytest.mark.parametrize("file_format", FORMATS)
def test_an_unknown_column_is_ignored_and_counted(county: County, file_format: str):
    rows = [row("stays", shoe_size="42", note='a "b", c')]
    (file,) = county.deliver("stays", to_bytes(file_format, rows), f"a.{file_format}").files
    assert (file.status, file.rows_quarantined, file.unknown_columns) == ("accepted", 0, 2)
    assert file.anomalies == {"UNKNOWN_COLUMN": 2}
    assert county.versions()[0].unknown_columns == 2


@pytest.mark.parametrize("name", ["stay_id", "note"])
def test_a_column_named_twice_quarantines_the_file(county: County, name: str):
    content = to_csv([row("stays", note="")])
    header, rest = content.split(b"\r\n", 1)
    content = header + b"," + name.encode() + b"\r\n" + rest.rstrip() + b",x\r\n"
    (file,) = county.deliver("stays", content).files
    assert (file.status, file.reason_code) == ("quarantined", "FILE_DUPLICATE_COLUMN")
    assert (file.rows_delivered, file.rows_quarantined) == (1, 1)


@pytest.mark.parametrize(("sign", "spoken"), [(b";", "semicolons"), (b"\t", "tabs")])
def test_other_separators_are_named(county: County, sign: bytes, spoken: str):
    content = to_csv([row("stays"), row("stays", stay_id="S2")]).replace(b",", sign)
    (file,) = county.deliver("stays", content).files
    assert (file.status, file.reason_code) == ("quarantined", "FILE_MISSING_COLUMN")
    assert (file.rows_delivered, file.rows_quarantined) == (2, 2)
    assert file.hint and spoken in file.hint


def test_latin_1_quarantines_the_rows_that_are_not_utf_8(county: County):
    rows = [row("stays", stay_id=f"S{n}", hospital_unit=unit) for n, unit in enumerate("aåb")]
    (file,) = county.deliver("stays", to_csv(rows).decode().encode("latin-1")).files
    assert (file.status, file.reasons) == ("accepted", {"NOT_UTF8": 1})
    assert county.reasons("stays") == [None, "NOT_UTF8", None]


def test_latin_1_in_json_lines_as_well(county: County):
    rows = [row("stays", stay_id=f"S{n}", hospital_unit=unit) for n, unit in enumerate("aåb")]
    county.deliver("stays", to_jsonl(rows).decode().encode("latin-1"), "a.jsonl")
    assert county.reasons("stays") == [None, "NOT_UTF8", None]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_unreadable(county: County, encoding: str):
    (file,) = county.deliver("stays", to_csv([row("stays")]).decode().encode(encoding)).files
    assert (file.status, file.reason_code) == ("quarantined", "FILE_UNREADABLE")
    assert (file.rows_delivered, file.rows_quarantined) == (0, 0)


def test_a_byte_order_mark_is_no_part_of_the_first_name(county: County):
    for name, content in (("a.csv", to_csv([row("stays")])), ("b.jsonl", to_jsonl([row("stays")]))):
        county.put("stays", b"\xef\xbb\xbf" + content, name)
    assert [file.rows_quarantined for file in county.ingest("stays").files] == [0, 0]


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
@pytest.mark.parametrize("cut", [5, 20, -9, -1])
def test_a_truncated_gzip_is_unreadable(county: County, kind: str, cut: int):
    content = to_bytes(f"{kind}.gz", [row("stays", stay_id=f"S{n}") for n in range(200)])[:cut]
    (file,) = county.deliver("stays", content, f"a.{kind}.gz").files
    assert (file.status, file.reason_code) == ("quarantined", "FILE_UNREADABLE")
    assert file.rows_delivered == file.rows_quarantined
    assert is_sum_right(county)


@pytest.mark.parametrize("name", ["a.csv.gz", "a.jsonl.gz", "a.parquet"])
def test_a_file_that_is_not_what_its_name_says_is_unreadable(county: County, name: str):
    (file,) = county.deliver("stays", to_csv([row("stays")]), name).files
    assert (file.status, file.reason_code) == ("quarantined", "FILE_UNREADABLE")
    assert file.rows_delivered == 0


def test_half_a_json_line_is_set_aside_alone(county: County):
    content = to_jsonl([row("stays"), row("stays", stay_id="S2")])
    county.deliver("stays", content + content[:50], "a.jsonl")
    assert county.reasons("stays") == [None, None, "NOT_JSON"]


NO_OBJECTS = [
    b"[1, 2]",
    b"null",
    b'"text"',
    b"12",
    b"{'stay_id': 1}",
    b'{"stay_id": {"a": 1}}',
    b'{"stay_id": ["a"]}',
    b'{"stay_id": "a", "stay_id": "b"}',
    b"stay_id,person_id",
    b"{}{}",
]


def test_a_line_that_is_no_flat_json_object_is_set_aside(county: County):
    good = to_jsonl([row("stays")])
    county.deliver("stays", b"".join(good + line + b"\n" for line in NO_OBJECTS) + good, "a.jsonl")
    assert county.reasons("stays") == [*[None, "NOT_JSON"] * len(NO_OBJECTS), None]


def test_json_numbers_flags_and_null_are_read_as_their_text(county: County):
    content = to_jsonl(
        [
            {
                **row("stays"),
                "stay_id": 12,
                "person_id": int(row("stays")["person_id"] or 0),
                "to_open_compulsory_care": True,
                "discharged_at": None,
                "discharge_type": "",
            }
        ]
    )
    county.deliver("stays", content, "a.jsonl")
    (kept,) = county.lake("stays")
    assert kept["reason_code"] is None
    assert (kept["stay_id"], kept["to_open_compulsory_care"]) == ("12", True)
    assert (kept["person_id_kind"], kept["discharged_at"]) == ("personnummer", None)


def test_blank_lines_are_not_rows(county: County):
    content = to_csv([row("stays"), row("stays", stay_id="S2")])
    header, first, second, _ = content.split(b"\r\n")
    county.put("stays", b"\n".join([b"", header, b"", first, b"\r", b"", second, b"", b""]))
    county.put("stays", b"\n\n" + to_jsonl([row("stays")]) + b"\n\r\n", "b.jsonl")
    assert [file.rows_delivered for file in county.ingest("stays").files] == [2, 1]
    assert set(county.reasons("stays")) == {None}


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
def test_both_line_ends_are_read_and_the_last_may_lack(county: County, line_end: bytes):
    content = to_csv([row("stays"), row("stays", stay_id="S2")]).replace(b"\r\n", line_end)
    county.deliver("stays", content.removesuffix(line_end))
    assert [each["stay_id"] for each in county.lake("stays")] == ["S1", "S2"]
    assert county.lake("stays")[-1]["updated_at"] == datetime(2024, 2, 3, 12, 5)


def test_old_mac_line_ends_are_no_csv(county: County):
    (file,) = county.deliver("stays", to_csv([row("stays")]).replace(b"\r\n", b"\r")).files
    assert file.status == "quarantined"
