"""A nation's lake as ingestion would have made it: it builds, and bare SQL makes the same marts."""

import shutil
import sqlite3
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from bench.bare import make_marts
from bench.equal import compare
from bench.multiply import RECIPIENTS, multiply
from lus_assets.core.home import Home
from lus_assets.core.settings import Settings
from lus_assets.ingest.catalog import Catalog
from lus_assets.ingest.ingest import ingest_days
from lus_assets.ingest.lake import changed_files
from lus_assets.ingest.source import LocalFolder
from lus_assets.privacy.keys import Pseudonymizer
from lus_assets.simulation import simulate
from lus_assets.warehouse.build import bring_up_to_date, build_in_full
from lus_assets.warehouse.connection import connect
from lus_assets.warehouse.proof import prove

pytestmark = pytest.mark.slow
FIRST, AS_OF, DAY = date(2024, 1, 1), date(2024, 2, 29), timedelta(days=1)
REGIONS = 21


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, Home, dict[str, int]]:
    """One ingested region, and the nation made of it, with its rows by feed."""
    folder = tmp_path_factory.mktemp("nation")
    simulate(folder / "landing", FIRST, AS_OF, population=8_000, fmt="parquet")
    for feed in ("stays", "messages"):  # the last day brings once more what the day before did
        (before,) = (folder / "landing" / feed / str(AS_OF - DAY)).iterdir()
        shutil.copyfile(before, folder / "landing" / feed / str(AS_OF) / "again.parquet")
    region, nation = Home(folder / "region").prepare(), Home(folder / "nation")
    ingest_days(region, LocalFolder(folder / "landing"), Pseudonymizer.from_environment())
    return region, nation, multiply(region, nation)


def lake_rows(home: Home, feed: str, condition: str = "true") -> int:
    files = f"{home.lake}/{feed}/*/*.parquet"
    found = duckdb.execute(f"select count(*) from read_parquet('{files}') where {condition}")
    return found.fetchall()[0][0]


def test_every_region_has_what_the_one_had_and_every_message_its_receipts(
    homes: tuple[Home, Home, dict[str, int]],
) -> None:
    region, nation, rows = homes
    for feed in ("stays", "persons", "placements", "disputes"):
        assert rows[feed] == lake_rows(nation, feed) == REGIONS * lake_rows(region, feed)
    sent = lake_rows(region, "messages", "message_type != 'receipt' and reason_code is null")
    assert rows["messages"] == REGIONS * (lake_rows(region, "messages") + RECIPIENTS * sent)


def test_the_catalog_tells_the_files_as_they_are(
    homes: tuple[Home, Home, dict[str, int]],
) -> None:
    _, nation, rows = homes
    with Catalog.opened(nation) as catalog:
        assert changed_files(nation, catalog.lake_hashes()) == []
    with sqlite3.connect(nation.catalog) as connection:
        told = connection.execute("select feed, sum(rows_delivered) from file_version group by 1")
        assert dict(told.fetchall()) == rows


def test_a_morning_on_top_of_it_is_what_a_full_build_makes(
    homes: tuple[Home, Home, dict[str, int]],
) -> None:
    """Rows that were delivered before are known again: their hashes are of what they say."""
    _, nation, _ = homes
    settings = Settings(build="incremental")
    bring_up_to_date(nation, AS_OF - DAY, settings)
    assert bring_up_to_date(nation, AS_OF, settings).how.startswith("incrementally")
    with connect(nation.warehouse, read_only=True) as connection:
        again = connection.execute(
            "select feed, sum(rows_duplicate), sum(rows_superseded) from marts.ingest_file"
            " where path like '%again.parquet' group by feed order by feed"
        ).fetchall()
    assert [(feed, rows > 20, others) for feed, rows, others in again] == [
        ("messages", True, 0),
        ("stays", True, 0),
    ]
    assert prove(nation, settings).differing == []


def test_it_builds_and_bare_sql_makes_the_same_marts(
    homes: tuple[Home, Home, dict[str, int]], tmp_path: Path
) -> None:
    _, nation, _ = homes
    results = build_in_full(nation, AS_OF, Settings())
    assert [each.unique_id for each in results if not each.is_ok] == []
    made = tmp_path / "bare.duckdb"
    make_marts(nation.root, AS_OF, made)
    compared = compare(nation.warehouse, made)
    assert [each.table for each in compared if not each.is_equal] == []
    assert all(each.rows > 0 for each in compared)
