"""The bench's page: what is measured anew replaces its section, and no other."""

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from bench import report
from bench.by_stage import START_AND_END, Staged, middle, table_of
from bench.growth import Grown, Turn
from bench.measure import Cost
from bench.morning import Morning
from bench.nation import Nation
from bench.parts import PIPELINE, SCRIPTS, County
from bench.report import as_markdown
from bench.ui import PLACES, Seen, Visit

COUNTY = County(Path("work"), 20_000, date(2024, 1, 1), date(2024, 12, 31))
OTHER = County(Path("work"), 20_000, date(2024, 1, 1), date(2024, 3, 31))


def issued(seconds: float) -> dict[str, object]:
    cost = Cost(seconds, seconds, 512)
    base = {
        **{"issued": 26, "files": 208, "mib": 1.5, "rows": 900, "refused": []},
        **{"cost": cost, "seconds": 1.0, "ledger_mib": 2.0, "marts": cost},
    }
    return {"month": date(2024, 11, 1), "review": base, "invoice": base}


def test_a_part_measured_alone_keeps_the_rest_of_the_page(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(report, "_measured", lambda county: f"Measured until {county.last}.")
    page = as_markdown(COUNTY, {"issue": issued(7), "cold_run": {"cost": Cost(300, 400, 900)}})
    again = as_markdown(COUNTY, {"issue": issued(9)}, page)
    assert "| review bases | 26 | 208 | 1.5 | 900 | 9.0 |" in again
    for figure in ("| {}.0 |", "{} s, 512 MiB"):
        page = page.replace(figure.format(7), figure.format(9))
    assert again == page
    assert "300.0 s wall" in again


def test_a_part_says_of_which_county_it_was_measured() -> None:
    page = as_markdown(OTHER, {"cold_run": {"cost": Cost(300, 400, 900)}})
    both = as_markdown(COUNTY, {"issue": issued(7)}, page)
    issue, cold = both.split("\n## ")[1:]
    assert "of 20000 inhabitants, 2024-01-01 to 2024-12-31." in issue
    assert "of 20000 inhabitants, 2024-01-01 to 2024-03-31." in cold


def test_side_by_side_has_a_row_for_the_pipeline_and_each_script() -> None:
    costs = {name: [Cost(wall, 2, 300)] for wall, name in enumerate((PIPELINE, *SCRIPTS), start=5)}
    page = as_markdown(COUNTY, {"side_by_side": costs})
    assert "| `lus run` | 5.0 | 2.0 | 300 | 1.0 |" in page
    assert "| plain pandas | 7.0 | 2.0 | 300 | 0.7 |" in page
    assert "| plain polars | 8.0 | 2.0 | 300 | 0.6 |" in page


def test_a_morning_shows_both_builds_beside_each_other() -> None:
    costs = {"full": Cost(40, 50, 900), "incremental": Cost(8, 9, 300)}
    lived = [Morning(date(2024, 4, 1), 46_019, 8549, 1400, costs)]
    page = as_markdown(COUNTY, {"morning": lived})
    row = "| 2024-04-01 | 46019 | 1400 of 8549 | 40.0 | 50.0 | 8.0 | 9.0 | 900 | 300 |"
    assert row in page
    of_a_nation = as_markdown(COUNTY, {"nation_morning": ("4GB", lived[0])})
    assert "With `memory_limit = 4GB`." in of_a_nation
    assert row in of_a_nation


def looked_at(first: float, later: float, answer: float) -> Seen:
    answers = {"PartitionHealthQuery": answer, "InstanceWarningQuery": 0.01}
    visits = [Visit(first, answers), *(Visit(each, answers) for each in (later, 99, 0.1))]
    return Seen(1000, 60, 9, dict.fromkeys(PLACES, visits))


def test_the_ui_shows_both_homes_the_first_visit_apart() -> None:
    seen = {"a month": looked_at(5, 2, 0.25), "five years": looked_at(7, 3, 1)}
    page = as_markdown(COUNTY, {"ui": seen})
    assert "| jobs | 5.0 | 2.0 | 7.0 | 3.0 | 1.5 | `PartitionHealthQuery` | 0.25 | 1.00 |" in page
    assert "| five years | 1826 | 60 | 1000 | 60 | 9.0 |" in page
    assert "the median of 3." in page


def staged(work: float, peak: float) -> Staged:
    """A run whose build took `work` seconds and `peak` MiB."""
    return Staged(
        Cost(work + 1, work, peak),
        {"the build": work, "looking": 0.001, START_AND_END: 1},
        {"the build": work, "looking": 0.001, START_AND_END: 0},
        {"the build": peak, "looking": 5},
        {"slowest": [("fct_long", 3.4)]},
    )


def test_of_repeated_runs_the_median_of_each_figure_stands_by_itself() -> None:
    """Here the run in the middle by time has the highest peak."""
    in_the_middle = replace(staged(2, 900), dbt={"slowest": [("fct_middle", 1.0)]})
    one = middle([staged(9, 100), in_the_middle, staged(1, 200)])
    assert one.cost == Cost(3, 2, 200)
    assert (one.seconds["the build"], one.cpu["the build"]) == (2, 2)
    assert one.peak_mib["the build"] == 200
    assert one.dbt == in_the_middle.dbt


def test_stages_of_runs_stand_side_by_side_the_dearest_first_and_trifles_not_at_all() -> None:
    header, _, *rows = table_of({"a year": staged(0.5, 100), "ten": staged(9, 800)}).splitlines()
    assert header.startswith("|  | a year: wall, s | CPU, s | peak, MiB | ten: wall, s |")
    assert rows == [
        "| the build | 0.50 | 0.50 | 100 | 9.00 | 9.00 | 800 |",
        f"| {START_AND_END} | 1.00 | 0.00 |  | 1.00 | 0.00 |  |",
    ]


def test_a_nation_s_runs_stand_beside_bare_sql_and_by_stage() -> None:
    rows = dict.fromkeys(("stays", "messages", "persons", "placements", "disputes"), 7)
    runs = {"4GB": [staged(149, 5120)], "1800MB": [staged(199, 3072)]}
    page = as_markdown(
        COUNTY, {"nation": Nation(rows, {}, Cost(90, 80, 1024), [Cost(100, 50, 20480)], runs)}
    )
    assert "| bare SQL | 100 | 50 | 20.0 | 1.0 | 1.0 |" in page
    assert "(to stay within 6 GiB) | 150 | 149 | 5.0 | 1.5 | 3.0 |" in page
    assert "| the build | 149.00 | 149.00 | 5120 | 199.00 | 199.00 | 3072 |" in page
    assert "Slowest models at the last limit: `fct_long` 3 s." in page


FRAMES = {"plain pandas": Cost(3, 0, 7), "plain polars": Cost(2, 0, 8)}


def turn(morning: float, bare: float, everything: float) -> Turn:
    """Three runs that took so long."""
    return Turn(
        Cost(morning, 0, 300),
        Cost(bare, 0, 100),
        replace(staged(1, 1), cost=Cost(everything, 0, 500)),
    )


def test_growth_shows_exponents_of_all_sizes_and_of_the_largest_with_a_much_smaller_one() -> None:
    """Ten times the rows for ten times, then for a hundred times the cost beyond start-up."""
    grown = [
        Grown(1000, 31, rows**2, rows, cost, [turn(7, 1 + cost, 10 + cost)], FRAMES)
        for rows, cost in ((100, 0.0), (1000, 1.0), (10_000, 10.0), (100_000, 1000.0))
    ]
    page = as_markdown(COUNTY, {"growth": grown})
    assert "| ingestion | 1.50 | 2.00 |" in page
    # a hundred times the files between the two largest
    assert "| ingestion, of its files instead of rows |  | 1.00 |" in page
    assert "| `lus run` beyond the smallest size's | 1.50 | 2.00 |" in page
    beside = [*grown[:3], replace(grown[3], rows=60_000, ingestion=1.0), grown[3]]
    assert "| 2.00 |" in as_markdown(COUNTY, {"growth": beside}).partition("| ingestion | ")[2]


def test_a_county_of_growth_shows_a_day_more_and_no_script_that_does_not_know_its_days() -> None:
    """Beyond bare SQL stands what the turns differ by, not what their medians do."""
    turns = [turn(7, 1, 10), turn(9, 4, 11), turn(5, 3, 15)]
    sizes = [
        Grown(1000, 31, 5, 10, 0.0, [turn(6, 1, 9)], FRAMES),
        Grown(1000, 31, 6, 100, 0.5, turns, FRAMES),
        Grown(1000, 366, 70, 1000, 9.0, [turn(12, 3, 20)], {}),
    ]
    page = as_markdown(COUNTY, {"growth": sizes})
    assert (
        "| 1000 for 31 days | 6 | 100 | 0.5 | 11.0 | 7.0 | 3.0 | 3.0 | 2.0 | 9.0 (7.0 – 12.0) "
        "| 5.0 (2.0 – 6.0) | 500 | 300 | 100 | 7 | 8 |" in page
    )
    assert (
        "| 1000 for 366 days | 70 | 1000 | 9.0 | 20.0 | 12.0 | 3.0 |  |  | 17.0 (17.0 – 17.0) "
        "| 9.0 (9.0 – 9.0) | 500 | 300 | 100 |  |  |" in page
    )


def test_a_section_names_the_code_that_was_measured() -> None:
    page = as_markdown(COUNTY, {"cold_run": {"cost": Cost(300, 400, 900)}})
    assert re.search(r"Measured on \d{4}-\d\d-\d\d, of commit [0-9a-f]{7,}( and changes)?,", page)
    assert re.search(r"ten million in \d+\.\d\d s\nand filled .* in \d+\.\d\d s\.\n", page)
