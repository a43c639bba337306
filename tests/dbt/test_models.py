"""dbt's own unit tests, and what must be true of the project as a whole."""

import csv
from datetime import date, timedelta
from pathlib import Path

import pytest

from lus_assets.core.home import Home
from lus_assets.core.settings import Settings
from lus_assets.ingest.codes import UNREAD_ENTRIES, AnomalyCode, ReasonCode
from lus_assets.ingest.contract import FEEDS
from lus_assets.privacy.vault import VaultRows, write
from lus_assets.warehouse import dbt_runner, size
from lus_assets.warehouse.connection import connect
from lus_assets.warehouse.dbt_runner import build, load_manifest, prepare_manifest
from lus_assets.warehouse.prepare import prepare
from lus_assets.warehouse.project import DBT_PROJECT

PLAIN = {"VARCHAR", "BIGINT", "INTEGER", "DATE", "TIMESTAMP", "BOOLEAN"}


def test_every_model_builds_and_every_data_and_unit_test_passes(tmp_path: Path) -> None:
    prepare_manifest()
    home = Home(tmp_path).prepare()
    write(home, VaultRows())
    prepare(home, date(2024, 3, 1), Settings())
    built = build(home, Settings(memory_limit="2GB"))
    assert [each for each in built if not each.is_ok] == []
    assert {each.unique_id for each in built} == set(load_manifest()["nodes"])
    results = dbt_runner._run(home, "test", "--select", "test_type:unit")
    assert len(results) == len(load_manifest()["unit_tests"]) > 80
    assert [(each.unique_id, each.message) for each in results if not each.is_ok] == []


@pytest.mark.parametrize(
    ("how", "many_rows", "is_compressed"),
    [
        ("full", size.MANY_ROWS, False),
        ("full", 0, True),
        ("incremental", size.MANY_ROWS, True),
    ],
)
def test_tables_are_compressed_where_rows_are_many_or_the_next_build_copies_them(
    how: str,
    many_rows: int,
    is_compressed: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    prepare_manifest()
    home = Home(tmp_path).prepare()
    write(home, VaultRows())
    prepare(home, date(2024, 3, 1), Settings())
    monkeypatch.setattr(size, "MANY_ROWS", many_rows)
    build(home, Settings(build=how), select="int_calendar")
    with connect(home.warehouse, read_only=True) as connection:
        connection.execute(
            "select distinct compression from"
            " pragma_storage_info('intermediate.int_calendar') where segment_type = 'DATE'"
        )
        found = {kind for (kind,) in connection.fetchall()}
    assert ("Uncompressed" not in found) == is_compressed
    assert found


def models() -> list[dict]:
    prepare_manifest()
    nodes = load_manifest()["nodes"].values()
    return [node for node in nodes if node["resource_type"] == "model"]


def test_every_model_and_every_column_is_described() -> None:
    for model in models():
        assert model["description"], model["name"]
        assert model["columns"], model["name"]
        for column in model["columns"].values():
            assert column["description"], f"{model['name']}.{column['name']}"


def test_marts_have_enforced_contracts_of_plain_types() -> None:
    for model in models():
        if model["schema"] == "marts":
            assert model["config"]["contract"]["enforced"], model["name"]
            for column in model["columns"].values():
                kind = column["data_type"].upper()
                assert kind in PLAIN or kind.startswith("DECIMAL("), f"{model['name']}: {kind}"


def test_no_model_reads_a_later_layer() -> None:
    order = ["seeds", "lake", "staging", "intermediate", "marts"]
    manifest = load_manifest()
    everything = {**manifest["nodes"], **manifest["sources"]}
    for model in models():
        for parent in model["depends_on"]["nodes"]:
            layer = everything[parent]["schema"]
            assert order.index(layer) <= order.index(model["schema"]), (model["name"], parent)


def test_every_feed_of_the_contract_is_a_source() -> None:
    names = {source["name"] for source in load_manifest()["sources"].values()}
    assert set(FEEDS) <= names


def closed_set(test: str) -> set[str]:
    """The codes that a data test of kind closed_sets allows in `reason_code`."""
    (node,) = (each for each in load_manifest()["nodes"].values() if each["name"] == test)
    return set(node["test_metadata"]["kwargs"]["sets"]["reason_code"])


def test_reasons_and_anomalies_are_one_closed_set_in_sql_and_in_python() -> None:
    set_aside = closed_set("a_row_is_set_aside_for_a_known_reason")
    assert set_aside == set(ReasonCode)
    reported = closed_set("an_anomaly_has_a_known_code")
    assert reported == (set(AnomalyCode) - UNREAD_ENTRIES) | {ReasonCode.FILE_CHANGED}


def easter_sunday(year: int) -> date:
    """Gauss's rule for the Gregorian calendar, as an independent way to the movable holidays."""
    a, b, c = year % 19, year % 4, year % 7
    century = year // 100
    m = (15 - (8 * century + 13) // 25 + century - century // 4) % 30
    n = (4 + century - century // 4) % 7
    d = (19 * a + m) % 30
    e = (2 * b + 4 * c + 6 * d + n) % 7
    day = 22 + d + e
    if d == 29 and e == 6:
        day = 50
    elif d == 28 and e == 6 and a > 10:
        day = 49
    return date(year, 3, 1) + timedelta(days=day - 1)


def test_the_holiday_calendar_has_the_act_s_days_and_the_three_eves() -> None:
    with (DBT_PROJECT / "seeds" / "holiday.csv").open(encoding="utf-8", newline="") as file:
        shipped = {date.fromisoformat(row["holiday_date"]) for row in csv.DictReader(file)}
    for year in range(2017, 2041):
        easter = easter_sunday(year)
        midsummer = next(
            day
            for day in (date(year, 6, 20) + timedelta(days=n) for n in range(7))
            if day.isoweekday() == 6
        )
        all_saints = next(
            day
            for day in (date(year, 10, 31) + timedelta(days=n) for n in range(7))
            if day.isoweekday() == 6
        )
        fixed = [(1, 1), (1, 6), (5, 1), (6, 6), (12, 24), (12, 25), (12, 26), (12, 31)]
        expected = {date(year, month, day) for month, day in fixed}
        expected |= {easter + timedelta(days=n) for n in (-2, 0, 1, 39, 49)}
        expected |= {midsummer - timedelta(days=1), midsummer, all_saints}
        assert {day for day in shipped if day.year == year} == expected
