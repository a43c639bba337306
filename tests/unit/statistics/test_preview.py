"""The preview in Dagster shows what a glance needs, and no small number."""

import base64
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from lus_assets.core.home import Home
from lus_assets.statistics.preview import HIDDEN, preview
from tests.unit.publishing.tiny_marts import MONTH, build_warehouse, figure

COUNTY, EKERO = "01", "0125"


def county(measure: str, value: str, **other: Any) -> dict[str, Any]:
    return figure(COUNTY, measure, value, level="county", **other)


@pytest.fixture
def marts(tmp_path: Path) -> duckdb.DuckDBPyConnection:
    mean = {"numerator": 116, "denominator": 76}
    rows = [
        county("episodes_discharged", "149"),
        county("episodes_billable", "4"),
        county("mean_ready_days", "1.5263", **mean),
        county("mean_ready_days", "2.5000", **mean, month=date(2024, 12, 1)),
        county("mean_ready_days", "9.0000", **mean, month=date(2025, 2, 1)),
        county("episodes_with_deceased", "1"),
        figure(EKERO, "episodes_discharged", "12"),
        figure(EKERO, "episodes_billable", None, "suppressed"),
        figure(EKERO, "ready_days", "0", "zero"),
        figure(EKERO, "mean_ready_days", "3.0000", numerator=9, denominator=3),
    ]
    home = Home(tmp_path)
    marts = ("dim_snapshot", "rpt_monthly_statistics")
    build_warehouse(home, date(2025, 3, 1), {"rpt_monthly_statistics": rows}, marts)
    return duckdb.connect(str(home.warehouse), read_only=True)


def test_the_countys_figures_are_told_and_small_counts_are_not(
    marts: duckdb.DuckDBPyConnection,
) -> None:
    shown = preview(marts, MONTH, 5)
    assert shown.figures == {
        "episodes_discharged": 149,
        "episodes_billable": HIDDEN,
        "ready_days": HIDDEN,
        "liable_days": HIDDEN,
        "mean_ready_days": 1.53,
    }
    assert preview(marts, MONTH, 4).figures["episodes_billable"] == 4


def test_the_table_has_a_line_per_municipality_without_means_of_few(
    marts: duckdb.DuckDBPyConnection,
) -> None:
    lines = preview(marts, MONTH, 5).table.splitlines()
    assert lines[-1] == f"| Place {EKERO} | 12 | {HIDDEN} | 0 | {HIDDEN} | {HIDDEN} |"
    assert len(lines) == 4


def test_the_chart_is_a_picture_within_the_metadata(marts: duckdb.DuckDBPyConnection) -> None:
    _, _, data = preview(marts, MONTH, 5).chart.partition("base64,")
    assert base64.b64decode(data.removesuffix(")")).startswith(b"\x89PNG")
    assert len(data) < 60_000


def test_a_month_without_figures_has_a_preview_without_figures(
    marts: duckdb.DuckDBPyConnection,
) -> None:
    shown = preview(marts, date(2020, 1, 1), 5)
    assert set(shown.figures.values()) == {HIDDEN}
    assert len(shown.table.splitlines()) == 2
