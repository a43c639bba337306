"""A month's statistics as published: equal to the marts, versioned, the same bytes every time."""

import csv
import hashlib
import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest
from csvw.metadata import CSVW

from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.publishing.release import verify_release
from lus_assets.statistics.release import publish_statistics
from tests.unit.publishing.tiny_marts import MONTH, SOMATIC, build_warehouse, figure, ruleset

AS_OF, LATER = date(2025, 3, 1), date(2025, 4, 1)
AGE_FIGURE = {
    "month": MONTH,
    "age_group": "65+",
    "age_group_name": "65 år och äldre",
    "care_type": "all",
    "measure": "episodes_discharged",
    "value": 7,
    "value_status": "ok",
    "as_of": AS_OF,
}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def build(
    home: Home,
    *figures: dict[str, Any],
    as_of: date = AS_OF,
    anomalies: Sequence[dict[str, Any]] = (),
) -> None:
    rows = {
        "ingest_anomaly": anomalies,
        "rpt_monthly_statistics": figures,
        "rpt_monthly_statistics_by_age_group": [AGE_FIGURE],
        "fct_discharge_episode": [
            {"episode_id": "E1", "billing_month": MONTH, "ruleset_id": SOMATIC},
            {"episode_id": "E2", "billing_month": date(2024, 12, 1), "ruleset_id": "other"},
        ],
        "dim_ruleset": [ruleset(SOMATIC), ruleset("other")],
    }
    build_warehouse(home, as_of, rows, (*dict.fromkeys((*rows, "dim_snapshot", *PAGE_READS)),))


PAGE_READS = (
    *("dim_finding", "dim_municipality", "fct_municipality_month", "fct_waiting_today"),
    "ingest_anomaly",
)
FIGURES = (
    figure("0180", "mean_ready_days", "2.5000"),
    figure("0180", "episodes_discharged", "7.0000"),
    figure("0114", "mean_ready_days", None, "not_applicable"),
    figure("0180", "episodes_discharged", "9.0000", month=date(2024, 12, 1)),
)


def test_missing_deliveries_are_told_on_the_page_and_in_the_manifest(home: Home) -> None:
    """Of the month and the seven days after it; not what an operator has acknowledged."""
    days = {"stays": (date(2025, 1, 30), date(2025, 2, 7)), "messages": (date(2025, 2, 1),)}
    gaps = [
        {"feed": feed, "delivery_date": day, "reason_code": "GAP"}
        for feed, found in days.items()
        for day in found
    ]
    outside = [date(2024, 12, 31), date(2025, 2, 8)]
    gaps += [{"feed": "stays", "delivery_date": day, "reason_code": "GAP"} for day in outside]
    known = {"feed": "stays", "delivery_date": MONTH, "reason_code": "GAP_ACKNOWLEDGED"}
    build(home, *FIGURES, anomalies=[*gaps, known])
    release = publish_statistics(home, MONTH, AS_OF)
    assert release.manifest["gaps"] == [
        {"feed": "messages", "days": 1, "first": "2025-02-01"},
        {"feed": "stays", "days": 2, "first": "2025-01-30"},
    ]
    page = (release.folder / "index.html").read_text(encoding="utf-8").replace("\u00a0", " ")
    assert "Leveranser saknas för 3 dygn, det första den 30 januari 2025" in page


def test_csv_and_parquet_equal_the_months_rows_of_the_marts(home: Home) -> None:
    build(home, *FIGURES)
    release = publish_statistics(home, MONTH, AS_OF)
    assert release.folder == home.published / "statistics/2025-01/v1"
    with (release.folder / "monthly_statistics.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["geography_code"], row["measure"], row["value"]) for row in rows] == [
        ("0114", "mean_ready_days", ""),
        ("0180", "episodes_discharged", "7.0000"),
        ("0180", "mean_ready_days", "2.5000"),
    ]
    with duckdb.connect(str(home.warehouse), read_only=True) as connection:
        for name in ("monthly_statistics", "monthly_statistics_by_age_group"):
            in_mart = connection.execute(
                f"from marts.rpt_{name} where month = ? order by all", [MONTH]
            ).fetchall()
            path = str(release.folder / f"{name}.parquet")
            published = connection.execute("from read_parquet(?) order by all", [path]).fetchall()
            assert published == in_mart
    assert release.row_counts["monthly_statistics_by_age_group.csv"] == 1


def test_the_manifest_says_what_the_figures_rest_on(home: Home) -> None:
    build(home, *FIGURES)
    release = publish_statistics(home, MONTH, AS_OF)
    manifest = json.loads((release.folder / "manifest.json").read_text())
    assert (manifest["kind"], manifest["month"], manifest["as_of"]) == (
        *("statistics", "2025-01", "2025-03-01"),
    )
    assert manifest["rulesets"] == [{"ruleset_id": SOMATIC, "status": "assumption"}]
    assert manifest["small_number_limit"] == 5
    assert manifest["is_preliminary"] is False
    assert manifest["code_version"] == "1"
    assert verify_release(release.folder).is_intact


def test_protected_figures_are_for_everyone(home: Home) -> None:
    build(home, *FIGURES)
    release = publish_statistics(home, MONTH, AS_OF)
    assert {path.stat().st_mode & 0o777 for path in release.folder.iterdir()} == {0o644}


def test_the_same_figures_again_are_the_same_version(home: Home) -> None:
    build(home, *FIGURES)
    publish_statistics(home, MONTH, AS_OF)
    build(home, *reversed(FIGURES))
    again = publish_statistics(home, MONTH, AS_OF)
    assert (again.version, again.is_new) == (1, False)


def test_the_same_figures_known_on_another_day_are_the_same_version(home: Home) -> None:
    build(home, *(each | {"as_of": AS_OF} for each in FIGURES))
    publish_statistics(home, MONTH, AS_OF)
    build(home, *(each | {"as_of": LATER} for each in FIGURES), as_of=LATER)
    again = publish_statistics(home, MONTH, LATER)
    assert (again.version, again.is_new) == (1, False)


def test_other_figures_are_a_new_version_that_says_why(home: Home) -> None:
    build(home, *FIGURES)
    publish_statistics(home, MONTH, AS_OF)
    build(home, figure("0180", "episodes_discharged", "8.0000"), as_of=LATER)
    second = publish_statistics(home, MONTH, LATER)
    assert (second.version, second.is_new) == (2, True)
    assert second.manifest["reason"] == (
        "Andra uppgifter, kända 2025-04-01, än i version 1, kända 2025-03-01"
    )
    build(home, figure("0180", "episodes_discharged", "9.0000"), as_of=LATER)
    third = publish_statistics(home, MONTH, LATER, reason="unit 7 delivered late")
    assert third.manifest["reason"] == "unit 7 delivered late"


def test_a_run_at_the_first_as_of_finds_what_was_known_then(home: Home) -> None:
    build(home, *FIGURES)
    publish_statistics(home, MONTH, AS_OF)
    build(home, figure("0180", "episodes_discharged", "8.0000"), as_of=LATER)
    publish_statistics(home, MONTH, LATER)
    build(home, *FIGURES)
    assert publish_statistics(home, MONTH, AS_OF).version == 1


def test_a_month_without_figures_names_the_months_that_there_are(home: Home) -> None:
    build(home, *FIGURES)
    with pytest.raises(LusError, match="2024-12 to 2025-01"):
        publish_statistics(home, date(2025, 2, 1), AS_OF)
    assert not (home.published / "statistics").exists()


def test_marts_of_another_as_of_are_not_published(home: Home) -> None:
    build(home, *FIGURES)
    with pytest.raises(LusError, match="not at 2025-04-01"):
        publish_statistics(home, MONTH, LATER)


def test_a_release_has_its_page_and_the_index_names_it(home: Home) -> None:
    build(home, *FIGURES)
    release = publish_statistics(home, MONTH, AS_OF)
    assert "Månadsstatistik · januari 2025" in (release.folder / "index.html").read_text()
    index = home.published / "statistics" / "index.html"
    assert 'href="2025-01/v1/index.html"' in index.read_text()
    build(home, figure("0180", "episodes_discharged", "8.0000"), as_of=LATER)
    publish_statistics(home, MONTH, LATER)
    assert 'href="2025-01/v2/index.html"' in index.read_text()
    assert 'href="2025-01/v1/index.html"' in index.read_text()


def test_what_changed_since_the_last_version_and_the_last_month_is_data(home: Home) -> None:
    build(home, *FIGURES)
    first = publish_statistics(home, MONTH, AS_OF)
    assert not (first.folder / "difference_to_version.csv").exists()
    build(home, figure("0180", "episodes_discharged", "8.0000"), as_of=LATER)
    second = publish_statistics(home, MONTH, LATER)
    with (second.folder / "difference_to_version.csv").open(encoding="utf-8", newline="") as file:
        rows = {(row["geography_code"], row["measure"]): row for row in csv.DictReader(file)}
    changed = rows["0180", "episodes_discharged"]
    assert (changed["value"], changed["value_before"]) == ("8.0000", "7.0000")
    assert changed["difference"] == "1.0000"
    assert rows["0180", "mean_ready_days"]["value"] == ""
    with (first.folder / "difference_to_month.csv").open(encoding="utf-8", newline="") as file:
        to_month = {row["measure"]: row["difference"] for row in csv.DictReader(file)}
    assert to_month["episodes_discharged"] == "-2.0000"


def test_the_metadata_names_every_column_of_every_csv_file(home: Home) -> None:
    build(home, *FIGURES)
    folder = publish_statistics(home, MONTH, AS_OF).folder
    metadata = json.loads((folder / "csv-metadata.json").read_text(encoding="utf-8"))
    assert {table["url"] for table in metadata["tables"]} == {
        path.name for path in folder.glob("*.csv")
    }
    for table in metadata["tables"]:
        with (folder / table["url"]).open(encoding="utf-8", newline="") as file:
            header = next(csv.reader(file))
        columns = table["tableSchema"]["columns"]
        assert [column["name"] for column in columns] == header
        assert set(table["tableSchema"]["primaryKey"]) <= set(header)


def is_valid(folder: Path) -> bool:
    """Does a library of CSV on the Web find the CSV files to be as their metadata says?"""
    try:
        return CSVW(str(folder / "csv-metadata.json"), validate=True).is_valid
    except ValueError:  # how it tells of keys and columns
        return False


def test_the_csv_files_are_valid_csv_on_the_web(home: Home) -> None:
    build(home, *FIGURES)
    publish_statistics(home, MONTH, AS_OF)
    build(home, figure("0180", "episodes_discharged", "8.0000"), as_of=LATER)
    second = publish_statistics(home, MONTH, LATER)
    assert (second.folder / "difference_to_version.csv").exists()
    assert is_valid(second.folder)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(b"2.5000", b"2,5000", id="a decimal comma"),
        pytest.param(b"2025-01-01", b"01/01/2025", id="a date of another form"),
        pytest.param(b"mean_ready_days,", b"episodes_discharged,", id="a figure that stands twice"),
        pytest.param(b"care_type", b"care", id="a column of another name"),
    ],
)
def test_the_library_finds_what_is_not_valid(home: Home, old: bytes, new: bytes) -> None:
    build(home, *FIGURES)
    folder = publish_statistics(home, MONTH, AS_OF).folder
    table = folder / "monthly_statistics.csv"
    assert old in table.read_bytes()
    table.write_bytes(table.read_bytes().replace(old, new))
    assert not is_valid(folder)


def test_the_workbook_shows_what_is_suppressed_as_such(home: Home) -> None:
    county = figure("01", "episodes_discharged", "9.0000", level="county")
    hidden = figure("0180", "episodes_discharged", None, "suppressed")
    build(home, county, hidden, figure("0114", "episodes_discharged", "0.0000", "zero"))
    folder = publish_statistics(home, MONTH, AS_OF).folder
    book = openpyxl.load_workbook(folder / "statistik.xlsx")
    assert book.sheetnames == [
        *("Om siffrorna", "Länet", "Kommuner", "Anmärkningar", "Återinskrivningar", "Definitioner"),
    ]
    cells = {(row[1], row[2]): row[3] for row in book["Kommuner"].iter_rows(values_only=True)}
    assert cells["0180", "All vård"] == ".."
    assert cells["0114", "All vård"] == 0
    assert cells["01", "All vård"] == 9


def test_a_program_can_follow_all_versions(home: Home) -> None:
    build(home, *FIGURES)
    publish_statistics(home, MONTH, AS_OF)
    build(home, figure("0180", "episodes_discharged", "8.0000"), as_of=LATER)
    publish_statistics(home, MONTH, LATER, reason="unit 7 delivered late")
    statistics = home.published / "statistics"
    index = json.loads((statistics / "index.json").read_text(encoding="utf-8"))
    (month,) = index["months"]
    assert (month["month"], month["newest"]) == ("2025-01", "2025-01/v2")
    assert [each["reason"] for each in month["versions"]] == [None, "unit 7 delivered late"]
    for version in month["versions"]:
        for file in version["files"]:
            content = (statistics / file["path"]).read_bytes()
            assert hashlib.sha256(content).hexdigest() == file["sha256"]
