"""Is what people read still new? Expected by when, and what is found."""

from datetime import date, timedelta
from pathlib import Path

import dagster as dg
import pytest

from lus_assets.core.assets import INSTALLATION
from lus_assets.core.home import Home
from lus_assets.publishing.release import DataFile, write_version
from lus_assets.publishing.snapshot import publish_snapshot
from orchestration.freshness import (
    CHECK_KEYS,
    MARTS,
    build_freshness_checks,
    expected_month,
    recorded_freshness,
    snapshot_freshness,
    statistics_freshness,
)
from orchestration.resources import InstallationResource
from tests.unit.publishing.tiny_marts import build_warehouse

TODAY = date(2024, 3, 5)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def release(home: Home, month: str) -> None:
    folder = home.published / "statistics" / month
    file = DataFile("x.csv", month.encode())
    write_version(home.published, folder, [file], {}, reason_after=lambda _: "other")


@pytest.mark.parametrize(
    ("today", "month"),
    [
        (date(2024, 3, 4), "2024-01"),
        (date(2024, 3, 5), "2024-02"),
        (date(2024, 3, 31), "2024-02"),
        (date(2024, 1, 4), "2023-11"),
        (date(2024, 1, 5), "2023-12"),
    ],
)
def test_statistics_are_expected_from_the_5th(today: date, month: str) -> None:
    assert expected_month(today) == month


def test_statistics_are_late_until_the_months_release_is_there(home: Home) -> None:
    assert not statistics_freshness(home, TODAY).is_fresh
    release(home, "2024-01")
    assert not statistics_freshness(home, TODAY).is_fresh
    assert statistics_freshness(home, TODAY - timedelta(days=1)).is_fresh
    release(home, "2024-02")
    assert statistics_freshness(home, TODAY).is_fresh


def test_a_snapshot_is_late_when_yesterday_is_not_known_or_as_many_days_as_are_allowed(
    home: Home,
) -> None:
    assert not snapshot_freshness(home, TODAY, 1).is_fresh
    build_warehouse(home, date(2024, 3, 3), {}, ("dim_snapshot", "fct_month_status"))
    publish_snapshot(home, date(2024, 3, 3))
    assert not snapshot_freshness(home, TODAY, 1).is_fresh
    assert snapshot_freshness(home, TODAY, 2).is_fresh


def test_marts_are_as_new_as_their_last_run_recorded(home: Home) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        assert not recorded_freshness(instance, MARTS, TODAY, 1).is_fresh
        for as_of, is_fresh in (("2024-03-03", False), ("2024-03-04", True)):
            instance.report_runless_asset_event(
                dg.AssetMaterialization(MARTS, metadata={"as_of": as_of})
            )
            assert recorded_freshness(instance, MARTS, TODAY, 1).is_fresh is is_fresh


def test_the_checks_warn_and_say_what_they_found(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LUS_POSTGRES_DSN", raising=False)
    resource = InstallationResource(home=str(home.root), landing=str(home.root / "landing"))
    definitions = dg.Definitions(
        asset_checks=build_freshness_checks(),
        jobs=[dg.define_asset_job("look", selection=dg.AssetSelection.checks(*CHECK_KEYS))],
        resources={INSTALLATION: resource},
    )
    result = definitions.resolve_job_def("look").execute_in_process()
    assert result.success
    found = {each.asset_key.path[-1]: each for each in result.get_asset_check_evaluations()}
    late = {name for name, each in found.items() if not each.passed}
    assert late == {"dim_snapshot", "bi_snapshot", "monthly_statistics"}
    assert {each.severity for each in found.values()} == {dg.AssetCheckSeverity.WARN}
    assert found["bi_snapshot"].metadata["found"].value == "nothing"
    assert found["postgres_marts"].metadata["found"].value == "not published there"
