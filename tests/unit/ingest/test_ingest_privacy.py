"""Who is meant stays in the vault: not in the lake, in a log or in a recorded file name."""

import logging
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from lus_assets.core.errors import LusError
from lus_assets.privacy import vault
from lus_assets.privacy.keys import Pseudonymizer
from tests.unit.ingest.support import (
    ALL_FEEDS,
    DAY,
    VALID,
    County,
    is_sum_right,
    row,
    to_bytes,
    to_csv,
)
from tests.unit.privacy.numbers import PERSONNUMMER


def test_what_is_restricted_goes_to_the_vault(county: County):
    county.deliver("persons", to_csv([row("persons"), row("persons", birth_date="")]))
    county.deliver("disputes", to_csv([row("disputes", status="x"), row("disputes")]))
    persons, disputes = county.lake("persons"), county.lake("disputes")
    with vault.reading(county.home) as connection:
        births = connection.execute("select * from birth").fetchall()
        grounds = connection.execute("select * from dispute_ground").fetchall()
    key = persons[0]["person_key"]
    assert births == [(persons[0]["file_version_id"], 1, key, date(1979, 4, 18))]
    assert grounds == [(disputes[1]["file_version_id"], 2, "D1", VALID["disputes"]["ground"])]
    assert [each["has_birth_date"] for each in persons] == [True, False]
    assert vault.person_ids(county.home, [key]) == {key: PERSONNUMMER[3]}


def test_a_quarantined_row_makes_nobody_known(county: County):
    county.deliver("stays", to_csv([row("stays", care_type="x")]))
    with vault.reading(county.home) as connection:
        assert connection.execute("select count(*) from identity").fetchall() == [(0,)]


def test_a_file_that_breaks_off_leaves_no_birth_date(
    county: County, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("lus_assets.ingest.read.BLOCK_BYTES", 200)
    monkeypatch.setattr("lus_assets.ingest.batch.TYPED_TOGETHER_ROWS", 2)
    monkeypatch.setattr("lus_assets.ingest.batch.VAULT_ROWS_HELD", 3)
    rows = [row("persons", valid_from=f"2020-01-{n + 1:02d}") for n in range(28)]
    county.put("persons", to_bytes("csv.gz", rows)[:-9], "a.csv.gz")
    county.put("persons", to_csv(rows[:2]), "b.csv")
    broken, whole = county.ingest("persons").files
    assert (broken.status, whole.status) == ("quarantined", "accepted")
    assert broken.rows_delivered == broken.rows_quarantined > 3
    assert is_sum_right(county)
    with vault.reading(county.home) as connection:
        versions = connection.execute("select distinct file_version_id from birth").fetchall()
    assert versions == [(county.versions()[1].file_version_id,)]


def test_no_log_and_no_file_outside_the_vault_tells_a_person_id(
    county: County, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    number = PERSONNUMMER[3]
    for feed in ALL_FEEDS:
        good, bad = row(feed), row(feed)
        for name in bad:
            if "person" not in name:
                bad[name] = f"{number} {name}"
        county.put(feed, to_csv([good, bad]) + f'"{number}\n'.encode(), f"{number}.csv")
        report = county.ingest(feed)
        assert number not in str(report.files[0].hint)
    assert number not in caplog.text
    assert "[person id]" in caplog.text
    born = b"1979-04-18"
    for path in county.home.lake.rglob("*.parquet"):
        assert number.encode() not in path.read_bytes()
        assert born not in path.read_bytes()
        assert number not in str(pq.read_table(path).to_pylist())


def test_a_person_id_in_a_file_name_is_recorded_as_a_token(county: County):
    names = [f"{number}.csv" for number in PERSONNUMMER[:2]]
    for name in names:
        county.put("stays", to_csv([row("stays")]), name)
    (county.landing / "stays" / DAY.isoformat() / f"{PERSONNUMMER[2]}.txt").touch()
    assert [file.status for file in county.ingest("stays").files] == ["accepted"] * 2
    assert [file.status for file in county.ingest("stays").files] == ["seen"] * 2
    recorded = [version.path for version in county.versions()]
    assert len(set(recorded)) == 2
    assert all(path.endswith("-[person id].csv") for path in recorded)
    assert county.source.list_strangers(["stays"])[0].path.endswith("/[person id].txt")
    assert not any(number.encode() in county.home.catalog.read_bytes() for number in PERSONNUMMER)


@pytest.mark.parametrize(
    "name", ["197904182397.csv", "x 790418-2397.csv", "19790418_2397.jsonl", "194004250500.csv"]
)
def test_a_misspelt_person_id_in_a_file_name_is_a_persons_all_the_same(county: County, name: str):
    county.deliver("stays", to_csv([row("stays")]), name)
    (version,) = county.versions()
    assert version.path.endswith(f"[person id]{Path(name).suffix}")
    assert Path(name).stem.encode() not in county.home.catalog.read_bytes()


@pytest.mark.parametrize(
    "name", ["LUS_20240301_0500.csv", "202403012359.csv", "20240229-0615_20240301-0615.csv"]
)
def test_a_clock_time_of_the_deliverys_days_stays_as_it_is(county: County, name: str):
    county.deliver("stays", to_csv([row("stays")]), name)
    (version,) = county.versions()
    assert version.path == f"stays/{DAY.isoformat()}/{name}"


def test_another_key_is_refused_before_anything_is_written(
    county: County, monkeypatch: pytest.MonkeyPatch
):
    county.deliver("stays", to_csv([row("stays")]))
    before = (county.state(), county.versions())
    monkeypatch.setenv("LUS_PSEUDONYM_KEY", "another key of thirty-two characters or more")
    county.pseudonymizer = Pseudonymizer.from_environment()
    with pytest.raises(LusError, match="not the one that this home was filled under"):
        county.deliver("stays", to_csv([row("stays", stay_id="S2")]), "b.csv")
    assert (county.state(), county.versions()) == before
