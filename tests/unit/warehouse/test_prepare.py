"""Schema `lake` of a fresh warehouse: all that dbt reads, and nothing of who anyone is."""

from datetime import date
from pathlib import Path

import pytest

from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.core.settings import Settings, load_settings
from lus_assets.ingest.contract import FEEDS
from lus_assets.ingest.ingest import ingest_days
from lus_assets.ingest.source import LocalFolder
from lus_assets.privacy.keys import Pseudonymizer
from lus_assets.warehouse.connection import connect
from lus_assets.warehouse.prepare import prepare
from tests.golden.contract import Row, write_landing

DAY = date(2024, 3, 1)
PERSON = {"person_id": "R-1", "municipality_code": "0126", "valid_from": "2010-01-01"}
STAY = {
    "stay_id": "S1",
    "person_id": "R-1",
    "hospital_unit": "Geriatriken",
    "care_type": "somatic",
    "admission_type": "unplanned",
    "admitted_at": "2024-02-20 08:00:00",
    "discharge_type": "home",
    "updated_at": "2024-02-29 12:00:00",
}


def ask(home: Home, sql: str) -> list[tuple]:
    with connect(home.warehouse, read_only=True) as connection:
        return connection.execute(sql).fetchall()


def lake_of(home: Home, landing: Path, rows: list[Row]) -> None:
    write_landing(landing, rows, DAY, DAY)
    ingest_days(home.prepare(), LocalFolder(landing), Pseudonymizer.from_environment())


def test_an_empty_lake_gives_an_empty_relation_per_feed(tmp_path: Path) -> None:
    home = Home(tmp_path).prepare()
    lake_of(home, tmp_path / "landing", [])
    prepare(home, DAY, Settings())
    assert [ask(home, f"select count(*) from lake.{feed}") for feed in FEEDS] == [[(0,)]] * 5


def test_dbt_gets_the_parameters_of_the_run_in_one_row(tmp_path: Path) -> None:
    home = Home(tmp_path).prepare()
    lake_of(home, tmp_path / "landing", [])
    prepare(home, DAY, Settings(region="20", review_day=7, objection_days=14))
    (row,) = ask(
        home, "select as_of, region_code, review_day, objection_days from lake.run_parameter"
    )
    assert row == (DAY, "20", 7, 14)


@pytest.mark.parametrize(
    ("born", "discharged", "age"),
    [
        ("1959-02-28", "2024-02-28", 65),
        ("1959-03-01", "2024-02-28", 64),
        ("1960-02-29", "2024-02-28", 63),
        ("1960-02-29", "2024-02-29", 64),
        ("1960-02-29", "2023-03-01", 63),
    ],
)
def test_age_is_counted_in_whole_years_on_the_day_of_discharge(
    tmp_path: Path, born: str, discharged: str, age: int
) -> None:
    home = Home(tmp_path)
    stay = STAY | {"admitted_at": "2023-01-01 08:00", "discharged_at": f"{discharged} 12:00:00"}
    rows = [
        Row("persons", DAY, "a.csv", PERSON | {"birth_date": born}),
        Row("stays", DAY, "a.csv", stay),
    ]
    lake_of(home, tmp_path / "landing", rows)
    prepare(home, DAY, Settings())
    found = ask(home, "select on_date, age_years from lake.person_age")
    assert found == [(date.fromisoformat(discharged), age)]


def test_no_birth_date_and_no_person_id_comes_into_the_warehouse(tmp_path: Path) -> None:
    home = Home(tmp_path)
    stay = STAY | {"person_id": "RES-CANARY-77", "discharged_at": "2024-02-29 12:00:00"}
    person = PERSON | {"person_id": "RES-CANARY-77", "birth_date": "1931-07-13"}
    rows = [Row("persons", DAY, "a.csv", person), Row("stays", DAY, "a.csv", stay)]
    lake_of(home, tmp_path / "landing", rows)
    prepare(home, DAY, Settings())
    assert ask(home, "select age_years from lake.person_age") == [(92,)]
    columns = ask(home, "select distinct lower(column_name) from duckdb_columns()")
    assert not {("person_id",), ("birth_date",), ("ground",)} & set(columns)
    assert b"CANARY" not in home.warehouse.read_bytes()


def test_what_a_killed_build_spilled_is_removed(tmp_path: Path) -> None:
    home = Home(tmp_path)
    lake_of(home, tmp_path / "landing", [])
    spilled = home.warehouse.with_suffix(".duckdb.tmp") / "duckdb_temp_storage_DEFAULT-0.tmp"
    spilled.parent.mkdir()
    spilled.write_bytes(b"of people")
    prepare(home, DAY, Settings())
    assert not spilled.parent.exists()


def test_a_broken_own_row_leaves_the_old_warehouse_as_it_was(tmp_path: Path) -> None:
    home = Home(tmp_path)
    lake_of(home, tmp_path / "landing", [])
    prepare(home, DAY, Settings())
    before = home.warehouse.read_bytes()
    (home.region / "daily_rate.csv").write_text("rate\n1\n")
    with pytest.raises(LusError, match="unknown column"):
        prepare(home, DAY, Settings())
    assert home.warehouse.read_bytes() == before


def test_own_rows_lie_beside_the_lake_typed_as_the_seed(tmp_path: Path) -> None:
    home = Home(tmp_path).prepare()
    (home.region / "daily_rate.csv").write_text(
        "rate_source,valid_from,rate_sek\nnational,2025-01-01,12100.50\n"
    )
    lake_of(home, tmp_path / "landing", [])
    own = {table.seed: len(table.rows) for table in prepare(home, DAY, Settings())}
    assert {seed: rows for seed, rows in own.items() if rows} == {"daily_rate": 1}
    assert ask(
        home, "select rate_source, typeof(rate_sek), rate_sek * 2 from lake.region_daily_rate"
    ) == [("national", "DECIMAL(18,2)", 24201)]


def test_a_path_with_a_quote_in_it_is_no_sql(tmp_path: Path) -> None:
    home = Home(tmp_path / "region's home")
    lake_of(home, tmp_path / "landing", [Row("persons", DAY, "a.csv", PERSON)])
    prepare(home, DAY, Settings())
    assert ask(home, "select municipality_code from lake.persons") == [("0126",)]


@pytest.mark.parametrize(
    ("text", "setting", "known"),
    [
        ('region = "99"', "region", "01"),
        ("[finding_share_warn]\nSIP_CAL_MISSING = 0.1", "finding_share_warn", "SIP_CALL_MISSING"),
        ('[alerts]\ndelivery_feeds = ["stay"]', "alerts.delivery_feeds", "stays"),
    ],
)
def test_a_setting_that_names_what_there_is_not_is_refused_and_the_warehouse_stays(
    text: str, setting: str, known: str, tmp_path: Path
) -> None:
    home = Home(tmp_path).prepare()
    home.warehouse.write_bytes(b"the last one")
    (home.region / "settings.toml").write_text(text, encoding="utf-8")
    with pytest.raises(LusError, match=f"'{setting}' names what there is not") as refused:
        prepare(home, DAY, load_settings(home))
    assert known in refused.value.todo
    assert home.warehouse.read_bytes() == b"the last one"
