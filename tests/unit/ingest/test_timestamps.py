"""A timestamp is local clock time, however it is written, or its row is set aside."""
# ruff: noqa: DTZ001 - the lake's timestamps are local clock time without a zone

from datetime import date, datetime

from tests.unit.ingest.support import County, reasons, row, to_csv


def admitted(county: County, written: list[str]) -> dict[str, datetime | None]:
    """What each text is as a time of admission; none when its row was set aside."""
    rows = [{"admitted_at": each, "discharged_at": "", "discharge_type": ""} for each in written]
    assert set(reasons(county, "stays", rows)) <= {None, "INVALID_TIMESTAMP"}
    kept = [each["admitted_at"] for each in county.lake("stays")]
    return dict(zip(written, kept, strict=True))


LOCAL = {
    "2024-01-15T10:00": datetime(2024, 1, 15, 10),
    "2024-01-15 10:00:30": datetime(2024, 1, 15, 10, 0, 30),
    "2024-01-15T10:00:30.5": datetime(2024, 1, 15, 10, 0, 30, 500_000),
    "2024-01-15T10:00:30,123456789": datetime(2024, 1, 15, 10, 0, 30, 123_456),
    "2024-01-15T10:00Z": datetime(2024, 1, 15, 11),
    "2024-07-15T10:00Z": datetime(2024, 7, 15, 12),
    "2024-07-15T10:00+02:00": datetime(2024, 7, 15, 10),
    "2024-07-15T10:00+0200": datetime(2024, 7, 15, 10),
    "2024-07-15T10:00+02": datetime(2024, 7, 15, 10),
    "2024-07-15 10:00:00.25-05:30": datetime(2024, 7, 15, 17, 30, 0, 250_000),
    "2024-12-31T23:30Z": datetime(2025, 1, 1, 0, 30),
    # the night when clocks go forward: two o'clock becomes three
    "2024-03-31T00:59Z": datetime(2024, 3, 31, 1, 59),
    "2024-03-31T01:00Z": datetime(2024, 3, 31, 3, 0),
    "2024-03-31T01:59+01:00": datetime(2024, 3, 31, 1, 59),
    "2024-03-31T03:00+02:00": datetime(2024, 3, 31, 3, 0),
    "2024-03-31T02:30": datetime(2024, 3, 31, 2, 30),  # never was; kept as written
    # the night when they go back: two to three comes twice
    "2024-10-27T00:30Z": datetime(2024, 10, 27, 2, 30),
    "2024-10-27T01:30Z": datetime(2024, 10, 27, 2, 30),
    "2024-10-27T02:30+02:00": datetime(2024, 10, 27, 2, 30),
    "2024-10-27T02:30+01:00": datetime(2024, 10, 27, 2, 30),
    "2024-10-27T02:30": datetime(2024, 10, 27, 2, 30),
}

UNREADABLE = [
    "2024-01-15",
    "2024-01-15T",
    "2024-01-15T10",
    "2024-01-15T24:00",
    "2024-01-15T25:00",
    "2024-01-15T10:60",
    "2024-01-15T10:00:60",
    "2024-02-30T10:00",
    "2024-13-01T10:00",
    "2024-1-15T10:00",
    "15/01/2024 10:00",
    "2024-01-15T10:00 +02:00",
    "2024-01-15T10:00+25:00",
    "2024-01-15T10:00+02:75",
    "2024-01-15t10:00",
    "2024-01-15  10:00",
    " 2024-01-15T10:00",
    "2024-01-15T10:00z",
    "20240115T1000",
    "1705312800",
    "0001-01-01T00:00:00",
    "9999-12-31T23:59Z",
    "now",
    "infinity",
]


def test_a_timestamp_is_local_clock_time(county: County):
    assert admitted(county, list(LOCAL)) == LOCAL


def test_an_unreadable_timestamp_sets_its_row_aside(county: County):
    assert admitted(county, UNREADABLE) == dict.fromkeys(UNREADABLE)


def test_offsets_may_change_within_a_file(county: County):
    written = ["2024-10-27T00:30:00Z", "2024-10-27T02:30:00+01:00", "2024-10-27T02:30", ""]
    county.deliver(
        "messages",
        to_csv([row("messages", message_id=f"M{n}", sent_at=at) for n, at in enumerate(written)]),
    )
    assert [each["sent_at"] for each in county.lake("messages")] == [
        datetime(2024, 10, 27, 2, 30)
    ] * 3 + [None]
    assert county.reasons("messages")[3] == "MISSING_VALUE"


def test_a_dispute_may_say_the_day_only(county: County):
    county.deliver("disputes", to_csv([row("disputes")]))
    (kept,) = county.lake("disputes")
    assert kept["raised_at"] == datetime(2024, 3, 10)
    assert kept["billing_month"] == date(2024, 2, 1)
    assert "ground" not in kept
