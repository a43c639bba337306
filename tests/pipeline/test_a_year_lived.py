"""Months of random life, day by day, held against the rules a second time in plain Python.

A short form is three months over a New Year; the slow one is the twelve months from July 2023, with
a rate that is missing at first, a suspended period that is activated afterwards, and an activation
that is taken back. Nothing here asks the marts what is right: tests/oracle does the sums.
"""

import random
from collections import defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from lus_assets.invoicing.issuing.outcome import IssueReport
from lus_assets.invoicing.verify import verify
from lus_assets.publishing.marts import marts_hash
from tests.oracle.feeds import Values
from tests.oracle.findings import Judged
from tests.oracle.units import Unit, amount, disputes_of, rests_on, units
from tests.pipeline.living import (
    CUTOUT,
    GATE,
    INVOICING,
    MEAN,
    PSYCHIATRIC,
    RATES,
    Life,
)
from tests.pipeline.marts import broken, build_marts
from tests.pipeline.onlooker import OBJECTIONS, Lived, unit_of
from tests.pipeline.quick_marts import quick_build
from tests.pipeline.random_life import random_rows

DAY = timedelta(days=1)
SOUTH_2023 = RATES + "south,2023-01-01,2023-12-31,10000,Test,assumption\n"
SOUTH = SOUTH_2023 + "south,2024-01-01,2024-12-31,10400,Test,assumption\n"
MEANS = INVOICING + f"{MEAN},2020-01-01,,active\n{GATE},2020-01-01,,active\n"
PAUSED = f"{CUTOUT},2020-01-01,2023-09-30,active\n{CUTOUT},2023-12-01,,active\n"
WHOLE = f"{CUTOUT},2020-01-01,,active\n"
DECIDED = f"{PSYCHIATRIC},2023-11-01,,active\n"
Decisions = dict[date, dict[str, str]]
"""Day -> the region's own tables that it changes that day."""

OF_THE_YEAR: Decisions = {
    # 1081 is not invoiced for October and November, psychiatric care not for anybody
    date(2023, 6, 20): {
        "ruleset_invoicing.csv": MEANS + PAUSED,
        "daily_rate.csv": SOUTH_2023,
    },
    # psychiatric care is, from November on: December's day for a decision about the past
    date(2023, 12, 20): {"ruleset_invoicing.csv": MEANS + PAUSED + DECIDED},
    # the pause is taken back
    date(2024, 3, 1): {"ruleset_invoicing.csv": MEANS + WHOLE + DECIDED},
    # what a day of 2024 costs in 1081
    date(2024, 4, 10): {"daily_rate.csv": SOUTH},
    # the gate is suspended after all, from February on
    date(2024, 5, 2): {
        "ruleset_invoicing.csv": MEANS + f"{GATE},2024-02-01,,suspended\n" + WHOLE + DECIDED
    },
}
OF_THE_WINTER: Decisions = {
    date(2023, 10, 20): {"ruleset_invoicing.csv": MEANS + WHOLE, "daily_rate.csv": SOUTH},
    date(2023, 12, 28): {"ruleset_invoicing.csv": MEANS + WHOLE + DECIDED},
}


def months_from(first: date, count: int) -> list[date]:
    return [
        date(first.year + (first.month + number - 1) // 12, (first.month + number - 1) % 12 + 1, 1)
        for number in range(count)
    ]


def live(
    root: Path,
    seed: int,
    months: list[date],
    settling: int,
    decisions: Decisions,
    *,
    is_watched: bool = False,
) -> Lived:
    """Review bases on the 5th, invoice bases 21 days later, months refused before tried again.

    settling: months without patients that follow; what is delivered ends at the last review day.
    """
    first = min(decisions)
    months_to_issue = months_from(months[0], len(months) + settling)
    review_on = {(month + 31 * DAY).replace(day=5): month for month in months_to_issue}
    invoice_on = {day + OBJECTIONS: month for day, month in review_on.items()}
    rows = random_rows(seed, first, months, max(review_on))
    lived = Lived(Life(root, first, {}), is_watched)
    for day in sorted({*decisions, *review_on, *invoice_on}):
        came = [row for row in rows if lived.life.today < max(row.delivered, first) <= day]
        lived.life.live_until(day, came)
        for name, text in decisions.get(day, {}).items():
            lived.life.decide(name, text)
        if day in review_on:
            lived.review(review_on[day])
        if day in invoice_on:
            for month in _to_invoice(lived, invoice_on[day]):
                lived.invoice(month)
    return lived


def _to_invoice(lived: Lived, month: date) -> list[date]:
    """The month that is due, and those before it that a municipality with a review base lacks."""
    entries = lived.life.entries("invoice")
    done = {(each.month, each.municipality_code) for each in entries}
    behind = {
        reviewed[0]
        for reviewed, (_, frozen) in lived.reviewed.items()
        if reviewed not in done and any(one.ruleset for one in frozen)
    }
    return sorted({month, *(each for each in behind if each < month)})


def check_the_end(lived: Lived) -> int:
    """The ledger's sums are what the data say, less what is held; how many units were compared."""
    episodes, disputes = lived.known(lived.life.today)
    entries = lived.life.entries("invoice")
    closed = {each.month for each in entries}
    due = {
        unit: amount(days)
        for unit, days in units(episodes, disputes, lived.rules).items()
        if unit[0] in closed and lived.rules.invoicing(unit[2], unit[0]) == "active"
    }
    issued: dict[Unit, Decimal] = defaultdict(Decimal)
    for line in lived.life.lines():
        issued[unit_of(line)] += line["amount_sek"]
    held = {unit for unit in {*due, *issued} if _is_held(lived, unit, episodes, disputes)}
    for unit in sorted({*due, *issued} - held, key=str):
        assert issued.get(unit, Decimal(0)) == due.get(unit, Decimal(0)), unit
    return len({*due, *issued} - held)


def _is_held(lived: Lived, unit: Unit, episodes: list[Judged], disputes: list[Values]) -> bool:
    """Does an open dispute, in time for the month or for a correction of it, wait at the unit?"""
    windows = [
        (each.as_of, each.as_of + OBJECTIONS)
        for each in lived.life.entries("review")
        if each.municipality_code == unit[1]
        and any(unit_of(line) == unit for line in lived.life.part(each, "corrections"))
    ]
    reviewed_on, frozen = lived.reviewed.get((unit[0], unit[1]), (unit[0], []))
    concerned = [one for one in (*episodes, *frozen) if rests_on(unit, one)]
    return any(
        dispute["status"] == "open"
        and (
            dispute["raised_at"].date() <= reviewed_on + OBJECTIONS
            or any(first < dispute["raised_at"].date() <= last for first, last in windows)
        )
        for one in concerned
        for dispute in disputes_of(one, disputes)
    )


def check_the_ledger(lived: Lived) -> None:
    """Nothing twice, nothing half: credits are whole, each line once, numbers without gaps."""
    lines = {line["invoice_line_id"]: line for line in lived.life.lines()}
    assert len(lines) == len(lived.life.lines())
    taken_back: set[str] = set()
    for line in lines.values():
        assert line["unit_price_sek"] > 0
        if line["line_type"] == "credit":
            corrected = lines[line["corrects_line_id"]]
            assert unit_of(corrected) == unit_of(line)
            assert corrected["amount_sek"] == -line["amount_sek"] >= 0
            assert corrected["quantity_days"] == -line["quantity_days"]
            assert corrected["unit_price_sek"] == line["unit_price_sek"]
            assert line["corrects_line_id"] not in taken_back
            taken_back.add(line["corrects_line_id"])
    numbers = [each.number for each in lived.life.entries("invoice")]
    assert numbers == [f"LUS-{number:06d}" for number in range(1, len(numbers) + 1)]
    assert verify(lived.life.home) == []


def check_days_again(lived: Lived, days: list[tuple[str, date, date]]) -> None:
    """Each day again, with the own rows of then: nothing is issued, nothing changes."""
    life = lived.life
    now = {path.name: path.read_text() for path in life.home.region.iterdir()}
    entries = life.entries()
    for what, month, day in days:
        for name, text in lived.own_rows[day].items():
            life.decide(name, text)
        act: Callable[[date, date], IssueReport] = life.review if what == "review" else life.invoice
        assert act(month, day).count("issued") == 0, (what, month, day)
        if lived.is_watched:
            assert marts_hash(life.home.warehouse) == lived.hashes[day], (what, month, day)
    for name, text in now.items():
        life.decide(name, text)
    assert life.entries() == entries
    assert life.folders() == lived.files


@pytest.mark.slow
def test_three_months_over_a_new_year(tmp_path: Path) -> None:
    lived = live(tmp_path, 1, months_from(date(2023, 11, 1), 3), 1, OF_THE_WINTER)
    assert check_the_end(lived) > 10
    check_the_ledger(lived)
    rng = random.Random(1)  # noqa: S311 - reproducible, not secret
    check_days_again(lived, [rng.choice(lived.dues)])


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_twelve_months(seed: int, tmp_path: Path) -> None:
    months = months_from(date(2023, 7, 1), 12)
    lived = live(tmp_path, seed, months, 3, OF_THE_YEAR, is_watched=True)
    assert check_the_end(lived) > 50  # 59 and 51 of these seeds
    check_the_ledger(lived)
    check_days_again(lived, lived.dues)
    today = lived.life.today
    quick_build(lived.life.home, today)
    quick = marts_hash(lived.life.home.warehouse)
    assert broken(build_marts(lived.life.home, lived.life.landing, today)) == []
    assert marts_hash(lived.life.home.warehouse) == quick
