"""Which files are read, once; what is kept where; and that nothing tells who someone is."""

import time
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lus_assets.core.errors import LusError
from lus_assets.ingest.catalog import Catalog
from lus_assets.ingest.contract import FEEDS
from lus_assets.ingest.ingest import clean_orphans, ingest_day, ingest_days
from lus_assets.ingest.lake import lake_schema
from lus_assets.privacy import vault
from tests.unit.ingest.support import (
    ALL_FEEDS,
    DAY,
    County,
    is_sum_right,
    row,
    to_csv,
)


def test_the_lake_has_the_columns_that_the_architecture_names(county: County):
    for feed in ALL_FEEDS:
        county.deliver(feed, to_csv([row(feed)]))
    for version in county.versions():
        assert version.lake_file == (f"{version.feed}/2024-03-01/{version.file_version_id}.parquet")
        schema = pq.read_schema(county.home.lake / version.lake_file)
        assert schema.equals(lake_schema(FEEDS[version.feed]))
        assert not {"person_id", "birth_date", "ground"} & set(schema.names)
    assert [str(field.type) for field in lake_schema(FEEDS["persons"])] == [
        *("string", "int64", "string", "string", "string"),
        *("string", "string", "bool", "string", "string", "bool", "date32[day]"),
    ]


def test_the_catalog_tells_what_was_read(county: County):
    rows = [row("stays"), row("stays", care_type="x")]
    path = county.put("stays", to_csv(rows))
    county.ingest("stays")
    (version,) = county.versions()
    assert (version.path, version.feed, version.delivery_date) == (path, "stays", DAY)
    assert (version.kind, version.status, version.reason_code) == ("delivery", "accepted", None)
    assert (version.rows_delivered, version.rows_quarantined) == (2, 1)
    assert version.size_bytes == len(to_csv(rows))
    assert (version.counts_from, version.counts_until) == (DAY, None)


def test_the_same_file_again_is_a_no_op(county: County):
    content = to_csv([row("stays")])
    first = county.deliver("stays", content)
    state, versions = county.state(), county.versions()
    second = county.ingest("stays")
    assert (first.files[0].status, second.files[0].status) == ("accepted", "seen")
    assert second.rows_delivered == 1
    assert (county.state(), county.versions()) == (state, versions)


def test_the_same_content_under_another_name_is_another_delivery(county: County):
    content = to_csv([row("stays")])
    county.put("stays", content, "a.csv")
    county.put("stays", content, "b.csv")
    assert [file.status for file in county.ingest("stays").files] == ["accepted"] * 2
    hashes = {each["row_hash"] for each in county.lake("stays")}
    assert (len(county.versions()), len(hashes)) == (2, 1)


def test_changed_content_is_refused_and_the_old_stays(county: County):
    county.deliver("stays", to_csv([row("stays")]))
    state = county.state()
    report = county.deliver("stays", to_csv([row("stays", care_type="psychiatric")]))
    assert [file.status for file in report.refused] == ["refused"]
    assert report.refused[0].reason_code == "FILE_CHANGED"
    county.ingest("stays")
    assert county.state() == state
    old, refused = county.versions()
    assert (refused.status, refused.lake_file, refused.rows_delivered) == ("refused", None, 0)
    assert refused.counts_until is None
    assert (old.status, old.counts_until) == ("accepted", None)


def test_the_old_content_back_in_its_place_settles_the_refusal(county: County):
    old, new = to_csv([row("stays")]), to_csv([row("stays", care_type="psychiatric")])
    for content in (old, new):
        county.deliver("stays", content)
    assert county.deliver("stays", old).files[0].status == "seen"
    refusal = county.versions()[-1]
    assert refusal.counts_until == refusal.counts_from
    assert county.deliver("stays", new).files[0].status == "refused"
    assert county.versions()[-1].counts_until is None


def test_days_may_be_taken_in_any_order_with_the_same_result(tmp_path: Path):
    results = []
    for number, order in enumerate(([0, 1, 2], [2, 0, 1])):
        root = tmp_path / str(number)
        root.mkdir()
        county = County(root)
        for offset in order:
            day = DAY + timedelta(days=offset)
            county.deliver("stays", to_csv([row("stays", stay_id=f"S{offset}")]), day=day)
        results.append((county.state(), [each.file_version_id for each in county.versions()]))
    assert results[0] == results[1]


def test_a_range_is_taken_in_as_its_days_would_be(tmp_path: Path):
    counties = []
    for name in ("days", "range"):
        (tmp_path / name).mkdir()
        county = County(tmp_path / name)
        for feed in ALL_FEEDS:
            for offset in range(3):
                changes = {"care_type": "x"} if feed == "stays" and offset == 1 else {}
                county.put(feed, to_csv([row(feed, **changes)]), day=DAY + timedelta(days=offset))
        counties.append(county)
    by_day, by_range = counties
    for feed in ALL_FEEDS:
        for offset in range(3):
            by_day.ingest(feed, DAY + timedelta(days=offset))
    report = ingest_days(by_range.home, by_range.source, by_range.pseudonymizer)
    assert by_range.state() == by_day.state()
    assert len(report.days) == 15
    assert sum(day.rows_quarantined for day in report.days) == 1


def test_a_day_without_any_file_is_a_gap_a_file_without_rows_is_not(county: County):
    empty = to_csv([row("stays")]).split(b"\r\n")[0]
    county.put("stays", empty)
    county.put("stays", empty, day=DAY + timedelta(days=2))
    report = ingest_days(county.home, county.source, county.pseudonymizer, feeds=["stays"])
    assert [day.delivery_date for day in report.gaps] == [DAY + timedelta(days=1)]
    assert county.ingest("persons").is_gap


def test_a_range_may_be_given(county: County):
    for offset in range(4):
        county.put("stays", to_csv([row("stays")]), day=DAY + timedelta(days=offset))
    first, last = DAY + timedelta(days=1), DAY + timedelta(days=2)
    report = ingest_days(
        county.home, county.source, county.pseudonymizer, feeds=["stays"], first=first, last=last
    )
    assert [day.delivery_date for day in report.days] == [first, last]
    assert [version.delivery_date for version in county.versions()] == [first, last]


def test_an_empty_landing_area_has_nothing(county: County):
    report = ingest_days(county.home, county.source, county.pseudonymizer)
    assert (report.days, report.strangers) == ((), ())


def test_an_unknown_feed_is_refused(county: County):
    with pytest.raises(LusError, match="no such feed"):
        ingest_day(county.home, county.source, "stayz", DAY, county.pseudonymizer)


def test_many_files_of_a_day_keep_their_rows_apart(county: County, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("lus_assets.ingest.batch.TYPED_TOGETHER_ROWS", 7)
    monkeypatch.setattr("lus_assets.ingest.batch.VAULT_ROWS_HELD", 10)
    monkeypatch.setattr("lus_assets.ingest.ingest.BATCH_FILES", 3)
    for number in range(8):
        rows = [row("persons", valid_from=f"2020-01-{n + 1:02d}") for n in range(number)]
        content = to_csv([*rows, row("persons", municipality_code="x")])
        county.put("persons", content, f"{number}.csv")
    report = county.ingest("persons")
    assert [file.rows_delivered for file in report.files] == list(range(1, 9))
    assert {file.rows_quarantined for file in report.files} == {1}
    assert is_sum_right(county)
    with vault.reading(county.home) as connection:
        births = connection.execute(
            "select file_version_id, row_number from birth order by all"
        ).fetchall()
    expected = [
        (each["file_version_id"], each["row_number"])
        for each in county.lake("persons")
        if each["reason_code"] is None
    ]
    assert births == sorted(expected)


def test_the_order_of_columns_does_not_matter(county: County):
    rows = [row("stays"), row("stays", stay_id="S2")]
    names = list(rows[0])
    county.put("stays", to_csv(rows, names), "a.csv")
    county.put("stays", to_csv(rows, names[::-1]), "b.csv")
    county.ingest("stays")
    hashes = [each["row_hash"] for each in county.lake("stays")]
    assert hashes[:2] == hashes[2:]


def test_orphans_are_removed_and_nothing_else(county: County):
    county.deliver("persons", to_csv([row("persons")]))
    state = county.state()
    folder = county.home.lake / "persons" / DAY.isoformat()
    (folder / "0.parquet").write_bytes(b"x")
    (folder / "1.parquet.writing").write_bytes(b"x")
    born = {"file_version_id": "x", "row_number": 1, "person_key": "k", "birth_date": date.min}
    rows = [pa.Table.from_pylist([born], schema=vault.BIRTH_SCHEMA)]
    vault.write(county.home, vault.VaultRows(births=rows))
    assert clean_orphans(county.home) == 2
    assert county.state() == state
    with vault.reading(county.home) as connection:
        assert connection.execute("select count(*) from birth").fetchall() == [(1,)]
    assert clean_orphans(county.home) == 0


def test_the_catalog_is_durable_and_strict(county: County):
    with Catalog.opened(county.home) as catalog:
        assert catalog.file_versions() == []
    county.home.catalog.write_bytes(b"not a database, and long enough to be read as one" * 100)
    with pytest.raises(LusError, match="catalog"), Catalog.opened(county.home):
        pass


def test_the_zone_of_the_machine_changes_no_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    states = []
    for number, zone in enumerate(("UTC", "Asia/Kolkata", "America/Los_Angeles")):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        (tmp_path / str(number)).mkdir()
        county = County(tmp_path / str(number))
        moments = ("2024-03-31T00:59Z", "2024-03-31T02:30", "2024-10-27T02:30+01:00")
        rows = [row("messages", sent_at=each) for each in moments]
        county.deliver("messages", to_csv(rows))
        county.deliver("persons", to_csv([row("persons")]))
        states.append(county.state())
    monkeypatch.undo()
    time.tzset()
    assert states[0] == states[1] == states[2]
