"""The yearly follow-up as published: equal to the mart, versioned, with words where nothing is."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest
from csvw.metadata import CSVW

from expectations.published_follow_up import check_published_follow_up
from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.publishing.release import Release, verify_release
from lus_assets.statistics.yearly.release import publish_follow_up
from tests.unit.publishing.tiny_marts import build_warehouse, figure

AS_OF = date(2026, 1, 31)
READS = (
    *("dim_snapshot", "dim_finding", "dim_municipality", "dim_ruleset", "fct_discharge_episode"),
    *("fct_municipality_month", "fct_waiting_today", "rpt_monthly_statistics"),
    *("rpt_monthly_statistics_by_age_group", "rpt_yearly_follow_up", "ingest_anomaly"),
)
FINDING = {
    "finding_code": "SIP_CALL_LATE",
    "is_blocking": True,
    "responsible": "outpatient",
    "legal_reference": "2017:612 4:3",
    "text_sv": "Kallelsen till SIP kom för sent",
    "sort_order": 1,
}


def of_year(
    code: str, measure: str, value: str | None, status: str = "ok", year: int = 2025, **other: Any
) -> dict[str, Any]:
    row = figure(code, measure, value, status, **other) | {"follow_up_year": year, "months": 12}
    return {name: cell for name, cell in row.items() if name != "month"}


COUNTY = {"level": "county"}
YEAR = (
    of_year("01", "episodes_discharged", "1200.0000", **COUNTY),
    of_year("01", "episodes_discharged", "1300.0000", year=2024, **COUNTY),
    of_year("01", "episodes_blocked_by_outpatient", "210.0000", **COUNTY),
    of_year("01", "episodes_with_sip_call_late", "210.0000", **COUNTY),
    of_year("01", "ready_days_all", "3100.0000", **COUNTY),
    of_year("0114", "episodes_blocked_by_outpatient", "40.0000"),
    of_year("0115", "episodes_blocked_by_outpatient", None, "suppressed"),
)
HELD = of_year("01", "reference_ready_days_all", "3000.0000", **COUNTY)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def publish(
    home: Home, *years: dict[str, Any], as_of: date = AS_OF, known_until: int = 12, **other: Any
) -> Release:
    """known_until: the last month in which somebody left."""
    months = [
        figure("01", measure, value, level="county", month=date(2025, month, 1))
        for month in range(1, 13)
        for measure, value in (
            *(("ready_days_all", "100.0000"), ("reference_ready_days_all", "100.0000")),
            ("episodes_discharged", "9.0000" if month <= known_until else "0.0000"),
        )
    ]
    rows = {"rpt_yearly_follow_up": years, "rpt_monthly_statistics": months}
    build_warehouse(home, as_of, rows | {"dim_finding": [FINDING]}, READS)
    return publish_follow_up(home, 2025, as_of, **other)


def page_of(release: Release) -> str:
    return (release.folder / "index.html").read_text(encoding="utf-8")


def test_the_files_equal_the_mart_and_are_valid_csv_on_the_web(home: Home) -> None:
    release = publish(home, *YEAR)
    assert release.folder == home.published / "statistics/2025/v1"
    assert verify_release(release.folder).is_intact
    assert CSVW(str(release.folder / "csv-metadata.json"), validate=True).is_valid
    path = str(release.folder / "yearly_follow_up.parquet")
    with duckdb.connect(str(home.warehouse), read_only=True) as connection:
        in_mart = "from marts.rpt_yearly_follow_up where follow_up_year = 2025 order by all"
        expected = connection.execute(in_mart).fetchall()
        assert (
            connection.execute("from read_parquet(?) order by all", [path]).fetchall() == expected
        )
    assert len(expected) == len(YEAR) - 1
    facts = ("kind", "year", "is_preliminary", "months", "small_number_limit")
    assert [release.manifest[name] for name in facts] == ["follow_up", 2025, False, 12, 5]


def test_what_is_published_is_checked_at_the_border(home: Home) -> None:
    publish(home, *YEAR)
    assert check_published_follow_up(home, date(2025, 6, 1)).failures == []
    with pytest.raises(LusError, match="lus follow-up"):
        check_published_follow_up(home, date(2024, 6, 1))
    publish(home, *YEAR, of_year("0117", "episodes_discharged", "3.0000"))
    (failure,) = check_published_follow_up(home, date(2025, 6, 1)).failures
    assert failure == "no small count stands on municipality and district rows"


def test_the_page_says_who_could_have_acted_and_what_is_protected(home: Home) -> None:
    text = page_of(publish(home, *YEAR))
    assert "Öppenvården" in text
    assert "Kallelse till SIP för sent" in text
    assert text.count("skyddad</span>") == 1
    assert "Preliminärt: året" not in text


def test_the_goal_is_told_only_where_the_region_has_a_reference(home: Home) -> None:
    assert "Målet" not in page_of(publish(home, *YEAR))
    text = page_of(publish(home, *YEAR, HELD))
    assert "nåddes inte: 3\u00a0100 dagar" in text


def test_a_year_that_is_not_over_says_so(home: Home) -> None:
    release = publish(home, *YEAR, as_of=date(2025, 11, 3))
    assert release.manifest["is_preliminary"]
    assert "Preliminärt: året" in page_of(release)


@pytest.mark.parametrize(("known_until", "is_said"), [(12, False), (4, True)])
def test_months_of_which_nobody_is_known_to_have_left_are_not_taken_for_months_without_waiting(
    known_until: int, is_said: bool, home: Home
) -> None:
    text = page_of(publish(home, *YEAR, known_until=known_until))
    assert ("För 8 av årets månader är ingen utskrivning känd" in text) == is_said


def test_a_new_version_has_a_reason_in_both_indexes(home: Home) -> None:
    publish(home, *YEAR)
    assert not publish(home, *YEAR).is_new
    publish(home, *YEAR[1:], reason="ett sjukhus levererade sent")
    statistics = home.published / "statistics"
    index = json.loads((statistics / "index.json").read_text(encoding="utf-8"))
    (year,) = index["years"]
    assert (year["year"], year["newest"]) == ("2025", "2025/v2")
    text = (statistics / "index.html").read_text(encoding="utf-8")
    assert "ett sjukhus levererade sent" in text
    assert 'href="2025/v1/index.html"' in text


def test_the_workbook_has_the_year_beside_the_year_before(home: Home) -> None:
    folder = publish(home, *YEAR).folder
    book = openpyxl.load_workbook(folder / "uppfoljning.xlsx")
    rows = {row[0]: row for row in book["Länet"].iter_rows(values_only=True)}
    assert rows["Utskrivna vårdtillfällen"][1:5:3] == (1200, 1300)
    places = {row[0]: row for row in book["Avsteg per kommun"].iter_rows(values_only=True)}
    assert places["Place 0115"][3] == ".."
    assert places["Place 0114"][3] == 40


def test_a_year_without_figures_names_the_years_that_there_are(home: Home) -> None:
    with pytest.raises(LusError, match="2024 to 2024"):
        publish(home, of_year("01", "episodes_discharged", "9.0000", year=2024))
