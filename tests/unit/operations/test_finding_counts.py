"""Counting findings: every code of the seed, zeros included, against the settings' thresholds."""

from collections.abc import Iterator
from datetime import date

import duckdb
import pytest

from lus_assets.core.settings import Settings
from lus_assets.operations.finding_counts import FindingCount, count_findings, finding_codes

MONTH = date(2024, 3, 1)


@pytest.fixture
def marts() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("create schema marts")
        connection.execute(
            "create table marts.fct_finding_month (billing_month date, hospital_unit varchar,"
            " municipality_code varchar, finding_code varchar, episodes_with_finding bigint,"
            " episodes_discharged bigint)"
        )
        connection.execute(
            "insert into marts.fct_finding_month values"
            " ('2024-03-01', 'A', '0126', 'SIP_CALL_MISSING', 1, 4),"
            " ('2024-03-01', 'A', '0180', 'SIP_CALL_MISSING', 2, 6),"
            " ('2024-03-01', 'B', '0126', 'SIP_CALL_MISSING', 0, 10),"
            " ('2024-03-01', 'A', '0126', 'DECEASED', 0, 4),"
            " ('2024-02-01', 'A', '0126', 'SIP_CALL_MISSING', 9, 9)"
        )
        yield connection


def counted(
    marts: duckdb.DuckDBPyConnection, month: date = MONTH, **settings: float | dict[str, float]
) -> dict[str, FindingCount]:
    return {
        count.finding_code: count
        for count in count_findings(marts, month, Settings(**settings))  # type: ignore[arg-type]
    }


def test_every_code_of_the_seed_is_counted_zeros_included(
    marts: duckdb.DuckDBPyConnection,
) -> None:
    found = counted(marts)
    assert list(found) == list(finding_codes())
    assert len(found) == 18
    assert found["DECEASED"].episodes_with_finding == 0


def test_units_and_municipalities_sum_to_the_month_and_other_months_do_not_count(
    marts: duckdb.DuckDBPyConnection,
) -> None:
    sip = counted(marts)["SIP_CALL_MISSING"]
    assert (sip.episodes_with_finding, sip.episodes_discharged) == (3, 20)
    assert sip.per_hospital_unit == [("A", 3, 10), ("B", 0, 10)]
    assert sip.per_municipality == [("0126", 1, 14), ("0180", 2, 6)]


@pytest.mark.parametrize(("threshold", "within"), [(0.1499, False), (0.15, True), (0.16, True)])
def test_a_share_at_the_threshold_is_within_it(
    threshold: float, within: bool, marts: duckdb.DuckDBPyConnection
) -> None:
    found = counted(marts, finding_share_warn={"SIP_CALL_MISSING": threshold})
    assert found["SIP_CALL_MISSING"].share == 0.15
    assert found["SIP_CALL_MISSING"].is_within_threshold is within


def test_a_code_without_a_threshold_of_its_own_has_the_default(
    marts: duckdb.DuckDBPyConnection,
) -> None:
    found = counted(marts, finding_share_warn={"DECEASED": 0.0}, finding_share_warn_default=0.14)
    assert (found["SIP_CALL_MISSING"].threshold, found["DECEASED"].threshold) == (0.14, 0.0)
    assert not found["SIP_CALL_MISSING"].is_within_threshold
    assert found["DECEASED"].is_within_threshold


def test_a_month_without_episodes_has_no_share_and_warns_of_nothing(
    marts: duckdb.DuckDBPyConnection,
) -> None:
    found = counted(marts, date(2019, 1, 1), finding_share_warn_default=0.0)
    assert {count.share for count in found.values()} == {0.0}
    assert all(count.is_within_threshold for count in found.values())
