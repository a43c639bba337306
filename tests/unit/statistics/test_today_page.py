"""Today's list as wards and municipalities see it: every patient once, and never a person."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import lxml.html
import pytest

from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.publishing.snapshot import publish_snapshot
from lus_assets.statistics.today_page import publish_today, read_today
from lus_assets.warehouse.connection import connect
from tests.unit.publishing.tiny_marts import build_warehouse

YESTERDAY, AS_OF = date(2024, 3, 4), date(2024, 3, 5)
PARTIES = ("inpatient", "outpatient", "region", "patient", "none")
MARTS = ("dim_snapshot", "dim_ruleset", "fct_waiting_today")


def waiting(unit: str, place: str, patients: int, **other: Any) -> dict[str, Any]:
    """A row of fct_waiting_today; each of its patients has waited two days."""
    return {
        **{"as_of": AS_OF, "hospital_unit": unit, "municipality_code": place[:2]},
        **{"municipality_name": place, "care_type": "somatic", "patients_waiting": patients},
        **{"ready_days_to_date": patients * 2, "longest_ready_days_to_date": 2},
        **{"patients_with_liability": 0, "patients_blocked": 0},
        **{f"patients_blocked_by_{party}": 0 for party in PARTIES},
        **other,
    }


ROWS = (
    waiting("Avd 1", "Solna", 2, patients_with_liability=1),
    waiting("Avd 1", "Nacka", 3, longest_ready_days_to_date=4),
    waiting("Avd 2", "Nacka", 4, patients_blocked=2, patients_blocked_by_outpatient=2),
    waiting("Avd 2", "Nacka", 1, care_type="psychiatric", ready_days_to_date=None)
    | {"longest_ready_days_to_date": None, "patients_blocked": 1, "patients_blocked_by_none": 1}
    | {"patients_blocked_by_outpatient": 1},
    waiting("Avd <3>", "Solna", 1),
)


def published(home: Home, as_of: date, *rows: Mapping[str, Any]) -> Path:
    build_warehouse(home, as_of, {"fct_waiting_today": rows}, MARTS)
    publish_snapshot(home, as_of)
    return publish_today(home, as_of)


def table(page: Path, section: str) -> list[list[str]]:
    document = lxml.html.document_fromstring(page.read_bytes())
    rows = document.get_element_by_id(section).iterfind(".//tbody/tr")
    return [[cell.text_content().strip() for cell in row] for row in rows]


NO_RULES = "–uppgift saknas"


def test_a_unit_finds_its_patients_per_municipality_and_the_most_stand_first(
    tmp_path: Path,
) -> None:
    assert table(published(Home(tmp_path), AS_OF, *ROWS), "enheter") == [
        ["Avd 1", "5", "10", "4", "1", "0", ""],
        ["Nacka", "3", "6", "4", "0", "0", ""],
        ["Solna", "2", "4", "2", "1", "0", ""],
        ["Avd 2", "5", "8", "2", "0", "3", "Öppenvården\u00a03, Ingen\u00a01"],
        ["Nacka", "4", "8", "2", "0", "2", "Öppenvården\u00a02"],
        [
            *("Nacka, psykiatri", "1", NO_RULES, NO_RULES, "0", "1"),
            "Öppenvården\u00a01, Ingen\u00a01",
        ],
        ["Avd <3>", "1", "2", "2", "0", "0", ""],
        ["Solna", "1", "2", "2", "0", "0", ""],
    ]


def test_a_municipality_finds_its_patients_per_unit(tmp_path: Path) -> None:
    rows = table(published(Home(tmp_path), AS_OF, *ROWS), "kommuner")
    assert [row[:2] for row in rows] == [
        *(["Nacka", "8"], ["Avd 2", "4"], ["Avd 1", "3"], ["Avd 2, psykiatri", "1"]),
        *(["Solna", "3"], ["Avd 1", "2"], ["Avd <3>", "1"]),
    ]


def test_the_county_is_the_sum_of_its_units_and_of_its_municipalities(tmp_path: Path) -> None:
    home = Home(tmp_path)
    published(home, AS_OF, *ROWS)
    with connect(home.warehouse, read_only=True) as marts:
        today = read_today(marts, AS_OF)
    assert today.county is not None
    assert (today.county.patients, today.county.liable, today.county.blocked) == (11, 1, 3)
    for groups in (today.units, today.municipalities):
        assert sum(group.total.patients for group in groups) == 11
        for group in groups:
            assert sum(line.patients for line in group.lines) == group.total.patients


def test_the_page_says_that_it_is_internal_and_is_not_for_everyone(tmp_path: Path) -> None:
    page = published(Home(tmp_path), AS_OF, *ROWS)
    assert page.stat().st_mode & 0o777 == 0o640
    assert "små tal är inte skyddade" in page.read_text(encoding="utf-8")


def test_a_day_when_nobody_waits_says_so(tmp_path: Path) -> None:
    page = published(Home(tmp_path), AS_OF).read_text(encoding="utf-8")
    assert "Ingen patient är utskrivningsklar och kvar på sjukhus" in page
    assert "<table" not in page


def test_the_morning_replaces_yesterdays_page_and_an_earlier_as_of_has_its_own(
    tmp_path: Path,
) -> None:
    home = Home(tmp_path)
    page = published(home, YESTERDAY, *ROWS)
    assert page == home.published / "bi/idag.html"
    assert published(home, AS_OF) == page
    assert "5\u00a0mars 2024" in page.read_text(encoding="utf-8")
    assert published(home, YESTERDAY, *ROWS) == home.published / "bi/as-of/2024-03-04/idag.html"
    assert "Ingen patient" in page.read_text(encoding="utf-8")


def test_without_marts_of_that_day_there_is_no_page(tmp_path: Path) -> None:
    home = Home(tmp_path)
    published(home, YESTERDAY)
    with pytest.raises(LusError, match="2024-03-05"):
        publish_today(home, AS_OF)
