"""What holds for any delivery: sums, formats and column order."""

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from lus_assets.ingest.contract import FEEDS, ColumnType
from tests.unit.ingest.support import County, is_sum_right, row, to_csv, to_jsonl, to_parquet
from tests.unit.privacy.numbers import PERSONNUMMER

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
PLAUSIBLE = {
    ColumnType.PERSON_ID: st.sampled_from([*PERSONNUMMER, "790418-2396", "R1", "197904182397"]),
    ColumnType.TIMESTAMP: st.sampled_from(["2024-03-31T01:30Z", "2024-02-01 10:00", "x"]),
    ColumnType.TIMESTAMP_OR_DATE: st.sampled_from(["2024-02-01", "2024-02-01T10:00+02", "x"]),
    ColumnType.DATE: st.sampled_from(["2024-02-29", "2023-02-29"]),
    ColumnType.BIRTH_DATE: st.sampled_from(["1979-04-18", "x"]),
    ColumnType.MONTH: st.sampled_from(["2024-02", "2024-14"]),
    ColumnType.FLAG: st.sampled_from(["true", "false", "no"]),
    ColumnType.MUNICIPALITY: st.sampled_from(["0180", "1280", "180"]),
}


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[str, list[dict[str, str | None]], list[str]]:
    """A feed, rows of any worth, and its columns in any order."""
    feed = draw(st.sampled_from(sorted(FEEDS)))
    rows: list[dict[str, str | None]] = []
    for _ in range(draw(st.integers(1, 5))):
        changes = {
            column.name: draw(
                PLAUSIBLE.get(column.type, TEXT)
                | st.sampled_from(column.codes or ("",))
                | st.just("")
                | TEXT
            )
            for column in FEEDS[feed].columns
            if draw(st.booleans())
        }
        rows.append(row(feed, **changes))
    return feed, rows, draw(st.permutations(FEEDS[feed].column_names))


@settings(max_examples=15, deadline=None)
@given(deliveries())
def test_rows_add_up_and_neither_format_nor_order_changes_what_they_say(
    delivery: tuple[str, list[dict[str, str | None]], list[str]],
):
    feed, rows, order = delivery
    with tempfile.TemporaryDirectory() as folder:
        county = County(Path(folder))
        county.put(feed, to_csv(rows), "a.csv")
        county.put(feed, to_csv(rows, order), "b.csv")
        county.put(feed, to_jsonl(rows), "c.jsonl")
        county.put(feed, to_parquet(rows), "d.parquet")
        report = county.ingest(feed)
        assert [file.status for file in report.files] == ["accepted"] * 4
        assert [file.rows_delivered for file in report.files] == [len(rows)] * 4
        assert is_sum_right(county)
        told = [
            [(each["reason_code"], each["row_hash"]) for each in county.lake(feed)][
                place * len(rows) : (place + 1) * len(rows)
            ]
            for place in range(4)
        ]
        assert told[0] == told[1] == told[2] == told[3]


@settings(max_examples=15, deadline=None)
@given(
    st.sampled_from(["csv", "jsonl", "parquet", "csv.gz", "jsonl.gz"]),
    st.binary(max_size=200) | st.text(max_size=100).map(str.encode),
    st.booleans(),
)
def test_whatever_the_bytes_the_file_is_reported_and_the_sum_is_right(
    file_format: str, content: bytes, is_after_header: bool
):
    header = to_csv([row("stays")]).split(b"\r\n")[0] + b"\n" if is_after_header else b""
    with tempfile.TemporaryDirectory() as folder:
        county = County(Path(folder))
        (file,) = county.deliver("stays", header + content, f"a.{file_format}").files
        assert file.status in ("accepted", "quarantined")
        assert is_sum_right(county)
        if file.status == "quarantined":
            assert file.rows_delivered == file.rows_quarantined
