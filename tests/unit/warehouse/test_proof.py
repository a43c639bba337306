"""What a proof builds from: schema `lake` as the warehouse has it, whatever became of its files."""

import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest

from lus_assets.core.errors import LusError
from lus_assets.core.home import PROOF, Home
from lus_assets.core.settings import Settings
from lus_assets.ingest.ingest import ingest_days
from lus_assets.ingest.source import LocalFolder
from lus_assets.privacy.keys import Pseudonymizer
from lus_assets.warehouse.basis import remember
from lus_assets.warehouse.connection import connect
from lus_assets.warehouse.prepare import checked_own_rows, prepare
from lus_assets.warehouse.proof import prove
from lus_assets.warehouse.results import NodeResult
from tests.golden.contract import Row, write_landing

FIRST, LAST = date(2024, 1, 1), date(2024, 2, 5)
SETTINGS = Settings(build="incremental")


def person(day: date) -> Row:
    values = {
        "person_id": "R-proof",
        "municipality_code": "0180",
        "valid_from": day.isoformat(),
    }
    return Row("persons", day, "delivery.csv", values)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Two rows are in its warehouse, and a third was delivered since."""
    landing, home = tmp_path / "landing", Home(tmp_path / "home").prepare()
    people = [person(date(2024, 1, 9)), person(date(2024, 2, 3)), person(date(2024, 2, 6))]
    write_landing(landing, people, FIRST, LAST + timedelta(days=1))
    key = Pseudonymizer.from_environment()
    ingest_days(home, LocalFolder(landing), key, first=FIRST, last=LAST)
    prepare(home, LAST, SETTINGS)
    with connect(home.warehouse) as connection:
        remember(connection, home, SETTINGS, checked_own_rows(home, SETTINGS))
    ingest_days(home, LocalFolder(landing), key, last=LAST + timedelta(days=1))
    return home


@pytest.mark.parametrize("is_packed", [True, False])
def test_it_builds_from_what_the_warehouse_knew_with_older_months_packed_anew_if_need_be(
    is_packed: bool, home: Home
) -> None:
    if not is_packed:
        shutil.rmtree(home.packed)
    seen: dict[str, list[tuple[object, ...]]] = {}

    def look(aside: Home, _: Settings) -> list[NodeResult]:
        for each in (home, aside):
            with connect(each.warehouse, read_only=True) as connection:
                query = "select count(*), max(delivery_date) from lake.file_version"
                seen[str(each.warehouse.parent.name)] = connection.execute(query).fetchall()
        with connect(aside.warehouse, read_only=True) as connection:
            query = "select valid_from from lake.persons order by all"
            seen["persons"] = connection.execute(query).fetchall()
            views = connection.execute("select sql from duckdb_views() where view_name = 'persons'")
            seen["packed"] = [("/packed/persons/2024-01-" in str(views.fetchall()),)]
        return []

    assert prove(home, SETTINGS, look).not_compared == ""
    here, there = (seen[name] for name in (home.warehouse.parent.name, "warehouse-proof"))
    assert here == there == [(5 * 36, LAST)]
    assert seen["persons"] == [(date(2024, 1, 9),), (date(2024, 2, 3),)]
    assert seen["packed"] == [(True,)]


def test_a_lake_that_is_damaged_is_named_and_nothing_is_compared(home: Home) -> None:
    (file, *_) = sorted(home.lake.glob("persons/2024-01-09/*.parquet"))
    content = file.read_bytes()
    file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(LusError, match="1 files of the lake are not as they were written"):
        prove(home, SETTINGS, lambda *_: pytest.fail("built"))
    assert not (home.root / PROOF).exists()
