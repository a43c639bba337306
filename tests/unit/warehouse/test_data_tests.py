"""dbt's data tests on a warehouse, by rows that break the rule; never by their values."""

from pathlib import Path
from typing import Any

import pytest

from lus_assets.core.home import Home
from lus_assets.warehouse import data_tests
from lus_assets.warehouse.connection import connect
from lus_assets.warehouse.data_tests import run_data_tests
from lus_assets.warehouse.dbt_runner import load_manifest, prepare_manifest
from lus_assets.warehouse.results import NodeResult

GOOD = NodeResult("model.wards", "success", 0.1, None, None)
FAILED = NodeResult("model.beds", "error", 0.1, None, "Runtime Error")
SKIPPED = NodeResult("model.nights", "skipped", 0.0, None, None)


def node(
    sql: str, *parents: str, fail_calc: str = "count(*)", severity: str = "ERROR"
) -> dict[str, Any]:
    return {
        "resource_type": "test",
        "depends_on": {"nodes": list(parents)},
        "config": {"fail_calc": fail_calc, "severity": severity},
        "compiled_code": sql,
    }


@pytest.fixture
def home(tmp_path: Path) -> Home:
    there = Home(tmp_path).prepare()
    with connect(there.warehouse) as connection:
        connection.execute("create table wards as select * from (values ('A'), ('canary')) as w(n)")
    return there


@pytest.mark.parametrize(
    ("test", "status", "failures", "message"),
    [
        (node("select * from wards where n is null", "model.wards"), "pass", 0, None),
        (node("select * from wards", "model.wards"), "fail", 2, "2 rows break the rule"),
        (
            node("select * from wards", "model.wards", severity="warn"),
            *("warn", 2, "2 rows break the rule"),
        ),
        (
            node("select 7 as wrong", "model.wards", fail_calc="sum(wrong)"),
            *("fail", 7, "7 rows break the rule"),
        ),
        (
            node("select 1 as wrong where false", "model.wards", fail_calc="sum(wrong)"),
            "pass",
            0,
            None,
        ),
        (
            node("select cast(n as date) as d from wards where d is null", "model.wards"),
            *("error", None, "Test failed (ConversionException)"),
        ),
        (node("select * from wards", "model.wards", "model.beds"), "skipped", None, None),
        (node("select * from wards", "model.nights"), "skipped", None, None),
    ],
)
def test_rows_that_break_the_rule_are_counted(
    test: dict[str, Any], status: str, failures: int | None, message: str | None, home: Home
) -> None:
    manifest = {"nodes": {"model.wards": {"resource_type": "model", "depends_on": {"nodes": []}}}}
    manifest["nodes"]["test.it"] = test
    (result,) = run_data_tests(home, "1GB", manifest, [GOOD, FAILED, SKIPPED])
    assert (result.unique_id, result.status) == ("test.it", status)
    assert (result.failures, result.message) == (failures, message)
    assert result.is_ok is (status in ("pass", "warn"))


def test_what_was_not_built_now_is_not_tested(home: Home) -> None:
    manifest = {"nodes": {"test.it": node("select * from wards", "model.other")}}
    assert run_data_tests(home, "1GB", manifest, [GOOD]) == []


def test_the_project_s_tests_ask_for_nothing_that_is_not_done_here() -> None:
    """Thresholds, limits and stored failures would need dbt's own way of running a test."""
    prepare_manifest()
    tests = [each for each in load_manifest()["nodes"].values() if each["resource_type"] == "test"]
    assert len(tests) > 100
    for each in tests:
        config = each["config"]
        assert each["compiled_code"], each["name"]
        assert (config["warn_if"], config["error_if"]) == ("!= 0", "!= 0"), each["name"]
        assert not config["limit"], each["name"]
        assert not config["store_failures"], each["name"]


def the_test(name: str) -> dict[str, Any]:
    """A data test of the project, as if of the one model that was built."""
    prepare_manifest()
    (found,) = (each for each in load_manifest()["nodes"].values() if each["name"] == name)
    return {**found, "depends_on": {"nodes": ["model.wards"]}}


@pytest.mark.parametrize(("day", "status"), [("null", "pass"), ("date '2021-12-05'", "warn")])
def test_a_correction_that_waits_for_a_rate_is_a_warning(
    day: str, status: str, tmp_path: Path
) -> None:
    there = Home(tmp_path).prepare()
    with connect(there.warehouse) as connection:
        connection.execute("create schema intermediate")
        connection.execute(
            "create table intermediate.int_closed_month_line as"
            f" select cast({day} as date) as first_day_without_rate"
        )
    manifest = {"nodes": {"test.it": the_test("a_correction_waits_for_no_rate")}}
    (result,) = run_data_tests(there, "1GB", manifest, [GOOD])
    assert (result.status, result.is_ok) == (status, True)


@pytest.mark.parametrize("copies", [0, 1, 2])
def test_a_message_that_stands_twice_is_found_in_whatever_part_its_key_falls(
    copies: int, tmp_path: Path
) -> None:
    test = the_test("a_message_stands_once")
    assert test["compiled_code"].count("group by hashed.key_hash") > 1
    there = Home(tmp_path).prepare()
    with connect(there.warehouse) as connection:
        connection.execute("create schema staging")
        connection.execute(
            "create table staging.stg_message as select 'M-' || nth as message_id, 'S' as stay_id,"
            " 'consent' as message_type, timestamp '2024-03-01' as sent_at, 'U' as sender_unit,"
            " 'inpatient' as sender_role from range(100) as r(nth)"
        )
        for _ in range(copies):
            connection.execute(
                "insert into staging.stg_message select distinct on (message_id) *"
                " from staging.stg_message"
            )
    manifest = {"nodes": {"test.it": test}}
    (result,) = run_data_tests(there, "1GB", manifest, [GOOD])
    assert (result.failures, result.status) == ((100, "fail") if copies else (0, "pass"))


@pytest.mark.parametrize(("alone", "status"), [("1GB", "pass"), ("10MB", "error")])
def test_a_test_that_finds_no_room_among_others_is_run_alone_once(
    home: Home, alone: str, status: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = iter(("10MB", alone))
    monkeypatch.setattr(
        data_tests, "connect", lambda path, _, **kept: connect(path, next(limits), **kept)
    )
    large = "select i from range(3000000) as r(i) group by i having count(*) > 1"
    manifest = {"nodes": {"test.it": node(large, "model.wards")}}
    (result,) = run_data_tests(home, "1GB", manifest, [GOOD])
    assert (result.unique_id, result.status) == ("test.it", status)
    assert next(limits, "none left") == "none left"
