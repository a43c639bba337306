"""The county looks like the one described in the agreement's papers."""

from concurrent.futures import ProcessPoolExecutor
from datetime import date
from multiprocessing import get_context
from pathlib import Path

import pytest

from lus_assets.simulation import SimulationReport, simulate
from lus_assets.simulation.calibration import Calibration, measure
from tests.memory import peak_memory_mib

from .conftest import County

YEAR = date(2024, 1, 1), date(2024, 12, 31)
FULL = 2_400_000
WINTER = ("2024-01", "2024-02", "2024-12")


def shares_hold(found: Calibration) -> None:
    assert 0.66 <= found.share_on_day_zero <= 0.75
    assert 0.35 <= found.share_billable <= 0.55
    assert 0.10 <= found.share_readmitted_65 <= 0.15


def counts_hold(report: SimulationReport, scale: float) -> None:
    assert 260_000 <= report.stays / scale <= 280_000
    assert 60_000 <= report.episodes_in_process / scale <= 90_000
    assert report.rows["stays"] >= 1.9 * report.stays


def test_a_small_countys_year(tmp_path: Path) -> None:
    report = simulate(tmp_path / "county", *YEAR, population=FULL // 8)
    found = measure(tmp_path / "county" / "_truth" / "episodes.parquet")
    counts_hold(report, 1 / 8)
    shares_hold(found)
    winter = sum(found.months[month].mean_ready_days for month in WINTER)
    assert winter > sum(found.months[f"2024-0{m}"].mean_ready_days for m in (7, 8, 9)) * 1.05


def test_discharges_and_notices_have_their_week_and_day(faulty: County) -> None:
    episodes = faulty.episodes().to_pandas().query("is_discharged")
    week = episodes["discharged_at"].dt.day_of_week.value_counts(normalize=True)
    assert week[5] + week[6] < 0.17
    hour = episodes["ready_notice_at"].dropna().dt.hour
    assert 0.18 < (hour >= 12).mean() < 0.35
    assert hour.between(8, 11).mean() > 0.6


def test_the_old_and_the_placed_and_the_dead_are_there(faulty: County) -> None:
    episodes = faulty.episodes().to_pandas()
    assert 0.75 < episodes["age_group"].isin(["65-79", "80+"]).mean() < 0.95
    assert 0 < episodes["is_placement"].mean() < 0.02
    assert 0.05 < (episodes["care_type"] == "psychiatric").mean() < 0.15
    codes = {code for codes in episodes["expected_findings"] for code in codes}
    assert {"DECEASED", "MUNICIPALITY_UNKNOWN", "CARE_PLAN_MISSING"} <= codes


def simulated(folder: Path) -> tuple[SimulationReport, int]:
    """A county's year, and the process's peak memory in MiB."""
    report = simulate(folder, *YEAR)
    return report, peak_memory_mib()


@pytest.mark.slow
def test_the_full_county_a_year(tmp_path: Path) -> None:
    with ProcessPoolExecutor(1, get_context("spawn")) as apart:
        report, memory = apart.submit(simulated, tmp_path / "county").result()
    assert memory < 2_000
    found = measure(tmp_path / "county" / "_truth" / "episodes.parquet")
    counts_hold(report, 1)
    shares_hold(found)
    for month in WINTER:
        assert 6 <= found.months[month].municipalities_above_level <= 12
        assert 6 <= found.months[month].municipalities_above_level_billable <= 12
    assert 27e6 <= found.cost_sek <= 33e6
