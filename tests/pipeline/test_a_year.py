"""Twelve months of a simulated county as they were released, and the year's follow-up."""

import hashlib
import json
import math
from collections import Counter, defaultdict
from datetime import date
from pathlib import Path

import lxml.html
import openpyxl
import pytest
from csvw.metadata import CSVW

from expectations.published import check_statistics_release
from lus_assets.core.swedish import capitalised
from lus_assets.publishing.release import Release, find_versions, verify_release
from lus_assets.statistics.cells import EXCLUSIVE
from lus_assets.statistics.definitions import CARE_TYPE, MEASURES
from tests.pipeline.a_year import EARLY, MONTHS, YEAR, Year, live_a_year
from tests.pipeline.marts import query
from tests.pipeline.published_year import published, rows_of, truth
from tests.promises import Figure
from tests.unit.statistics.attacker import ONE, ranges

pytestmark = pytest.mark.slow

LIMIT = 5
TABLE = "monthly_statistics.csv"


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Year:
    return live_a_year(tmp_path_factory.mktemp("year"), 60_000)


def versions(year: Year, month: date) -> list[Release]:
    return find_versions(year.statistics / f"{month:%Y-%m}")


def newest(year: Year, month: date) -> Path:
    return versions(year, month)[-1].folder


def test_every_version_of_every_month_holds_what_is_promised(year: Year) -> None:
    """Sums, closed lists, no small count; for programs, valid CSV on the Web."""
    for month in MONTHS:
        for release in versions(year, month):
            assert check_statistics_release(release.folder).failures == []
        assert CSVW(str(newest(year, month) / "csv-metadata.json"), validate=True).is_valid
    (follow_up,) = find_versions(year.statistics / str(YEAR))
    assert verify_release(follow_up.folder).is_intact
    assert CSVW(str(follow_up.folder / "csv-metadata.json"), validate=True).is_valid
    assert not follow_up.manifest["is_preliminary"]


def test_the_index_leads_to_every_file_and_says_why_a_version_is_new(year: Year) -> None:
    index = json.loads((year.statistics / "index.json").read_text(encoding="utf-8"))
    assert [each["month"] for each in index["months"]] == [f"{each:%Y-%m}" for each in MONTHS]
    assert [each["year"] for each in index["years"]] == [str(YEAR)]
    early = index["months"][EARLY.month - 1]["versions"]
    assert [each["is_preliminary"] for each in early][:2] == [True, False]
    page = (year.statistics / "index.html").read_text(encoding="utf-8")
    for each in [*index["months"], *index["years"]]:
        for version in each["versions"]:
            assert (version["reason"] is None) == (version["version"] == 1)
            assert (version["reason"] or "") in page
            for file in version["files"]:
                content = (year.statistics / file["path"]).read_bytes()
                assert hashlib.sha256(content).hexdigest() == file["sha256"]


def test_the_difference_leads_from_one_version_to_the_next(year: Year) -> None:
    before, after, *_ = versions(year, EARLY)
    key = ("geography_level", "geography_code", "care_type", "measure")
    old, new = (
        {
            tuple(row[name] for name in key): (row["value"], row["value_status"])
            for row in rows_of(release.folder / TABLE)
        }
        for release in (before, after)
    )
    changed = rows_of(after.folder / "difference_to_version.csv")
    assert changed
    for row in changed:
        of = tuple(row[name] for name in key)
        assert old.pop(of) == (row["value_before"], row["value_status_before"])
        assert new.pop(of) == (row["value"], row["value_status"])
    assert old == new


def test_a_year_says_nothing_that_its_months_do_not(year: Year) -> None:
    """What is shown of a place's year is the sum of what is shown of its months."""
    sums: dict[tuple[str, ...], list[str]] = defaultdict(list)
    key = ("geography_level", "geography_code", "care_type", "measure")
    for month in MONTHS:
        for row in rows_of(newest(year, month) / TABLE):
            sums[tuple(row[name] for name in key)].append(row["numerator"])
    shown = 0
    for row in rows_of(year.statistics / str(YEAR) / "v1" / "yearly_follow_up.csv"):
        parts = sums[tuple(row[name] for name in key)]
        if row["geography_level"] != "county" and row["value_status"] != "suppressed":
            shown += 1
            assert int(row["numerator"]) == sum(map(int, parts))
        elif row["geography_level"] != "county":
            assert "" in parts
    assert shown > 500


@pytest.mark.promise(
    "No published figure of a municipality or district gives a small number away",
    area="Privacy",
    how="a simulated county's year, every version of every month's table: linear programs over all"
    " that it shows ask each withheld count for its smallest and largest value",
)
@pytest.mark.parametrize("month", MONTHS, ids=str)
def test_no_small_count_of_a_month_can_be_worked_out(
    year: Year, month: date, figures: dict[str, Figure]
) -> None:
    told = Counter[str]()
    for release in versions(year, month):
        seen = published(rows_of(release.folder / TABLE))
        found = {key: low for key, (low, high) in ranges(seen).items() if high - low < ONE}
        small = {key for key, low in found.items() if 1 <= math.ceil(low - (1 - ONE)) < LIMIT}
        told["tables attacked"] += 1
        told["counts shown"] += len(seen.shown)
        told["counts withheld"] += len(seen.suppressed)
        told["small counts worked out"] += len(small)
        told["other counts worked out, zeros most"] += len(found) - len(small)
    figures.update(told)
    assert told["small counts worked out"] == 0
    assert told["counts withheld"] > 100


@pytest.mark.parametrize("month", MONTHS, ids=str)
def test_every_small_count_of_a_month_is_withheld(year: Year, month: date) -> None:
    seen = published(rows_of(newest(year, month) / TABLE))
    with query(year.home.warehouse) as ask:
        counts = truth(ask, month)
    small = {key for key, value in counts.items() if 1 <= value < LIMIT}
    assert len(small) > 100
    assert small <= seen.suppressed


def test_workbook_and_page_show_no_figure_that_the_table_withholds(year: Year) -> None:
    month = MONTHS[6]
    withheld, names = set[tuple[str, str, str]](), dict[str, str]()
    for row in rows_of(newest(year, month) / TABLE):
        if row["geography_level"] == "municipality":
            names[row["geography_name"]] = row["geography_code"]
            if row["value_status"] == "suppressed":
                withheld.add((row["geography_code"], row["care_type"], row["measure"]))
    assert withheld
    book = openpyxl.load_workbook(newest(year, month) / "statistik.xlsx")
    measures = {each.title: name for name, each in MEASURES.items()}
    care_types = {capitalised(text): name for name, text in CARE_TYPE.items()}
    heads, *lines = book["Kommuner"].iter_rows(values_only=True)
    for line in lines:
        for title, cell in zip(heads[3:], line[3:], strict=True):
            if line[0] in names:
                key = (names[line[0]], care_types[line[2]], measures[title])
                assert (cell == "..") == (key in withheld)
    page = lxml.html.parse(str(newest(year, month) / "index.html")).getroot()
    articles = page.findall(".//article")
    assert len(articles) == len(names)
    for article in articles:
        code = str(article.get("id")).removeprefix("kommun-")
        for cells in (row.findall("td") for row in article.findall(".//tbody/tr")):
            for figure in cells[0].findall(".//data"):
                assert (code, "all", figure.get("data-measure")) not in withheld


@pytest.mark.parametrize("together", EXCLUSIVE, ids=" ".join)
def test_no_episode_has_two_findings_that_protection_takes_to_exclude_each_other(
    year: Year, together: tuple[str, ...]
) -> None:
    codes = ", ".join(f"'{code.upper()}'" for code in together)
    found = f"from marts.fct_episode_finding where finding_code in ({codes})"
    with query(year.home.warehouse) as ask:
        assert ask(f"select 1 {found} limit 1")
        assert ask(f"select 1 {found} group by episode_id having count(*) > 1") == []
