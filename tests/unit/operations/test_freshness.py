"""How new what people read must be, by when, and how new it is."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from lus_assets.core.home import Home
from lus_assets.operations.freshness import (
    expected_month,
    snapshot_freshness,
    statistics_freshness,
)
from lus_assets.publishing.release import DataFile, write_version
from lus_assets.publishing.snapshot import publish_snapshot
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
    build_warehouse(home, date(2024, 3, 3), {}, ("dim_snapshot", "dim_ruleset", "fct_month_status"))
    publish_snapshot(home, date(2024, 3, 3))
    assert not snapshot_freshness(home, TODAY, 1).is_fresh
    assert snapshot_freshness(home, TODAY, 2).is_fresh
