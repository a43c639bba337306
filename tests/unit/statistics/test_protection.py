"""No suppressed count can be worked out from what is published: an attacker tries."""

import csv
import os
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lus_assets.core import processes
from lus_assets.statistics import protection
from lus_assets.statistics.cells import EXCLUSIVE, FINDING, Figure
from lus_assets.statistics.months import protect_months
from lus_assets.statistics.protection import protect, protect_rows
from lus_assets.warehouse.project import DBT_PROJECT
from tests.unit.statistics.attacker import (
    FREE_DAYS,
    REQUIRES,
    Key,
    Published,
    never_together,
    ranges,
    recovered,
)

D, B = "episodes_discharged", "episodes_billable"
ZERO, LATER = "episodes_on_day_zero", "episodes_after_day_zero"
IN, OUT = "episodes_blocked_by_inpatient", "episodes_blocked_by_outpatient"
LATE, MISSING = "episodes_with_ready_notice_missing", "episodes_with_needs_unknown"
SIP, CONTACT = "episodes_with_sip_call_missing", "episodes_with_permanent_contact_missing"
RECEIPT = "episodes_with_receipt_missing"
DAYS, ALL_DAYS, LIABLE = "ready_days", "ready_days_all", "liable_days"
CONTAINERS = {
    **{D: "", B: D, ZERO: B, LATER: DAYS, DAYS: ALL_DAYS, ALL_DAYS: ""},
    **{IN: D, OUT: D, LIABLE: DAYS},
    **{LATE: IN, MISSING: IN, SIP: OUT, CONTACT: OUT, RECEIPT: D},
}
LIMIT = 5


def table(counts: dict[tuple[str, str], int], measure: str = D) -> dict[Key, int]:
    """(code, care type) -> count, of municipalities; digits only, a district else."""
    cells: dict[Key, int] = {}
    for code in sorted({code for code, _ in counts}):
        level = "municipality" if code.isdigit() else "district"
        split = [counts.get((code, care), 0) for care in ("somatic", "psychiatric")]
        for care, value in zip(
            ("somatic", "psychiatric", "all"), (*split, sum(split)), strict=True
        ):
            cells[level, code, care, measure] = value
    return cells


def somatic(*values: int) -> dict[Key, int]:
    return table({(f"{1000 + n}", "somatic"): value for n, value in enumerate(values)})


def figures(cells: dict[Key, int]) -> list[Figure]:
    """Of the cells, and the free days of those with liable days."""
    return [
        *(Figure(*key, value, CONTAINERS[key[3]]) for key, value in cells.items()),
        *(
            Figure(*place, "free_days", FREE_DAYS, "")
            for (*place, measure), value in cells.items()
            if measure == LIABLE and value
        ),
    ]


def publish(cells: dict[Key, int], hidden: Iterable[Key]) -> Published:
    """What a reader sees: everything but the suppressed, and the county's sums."""
    county: Counter[Key] = Counter()
    for (level, _, care, measure), value in cells.items():
        if level == "municipality":
            county["county", "01", care, measure] += value
    suppressed = frozenset(hidden)
    shown = {key: value for key, value in cells.items() if key not in suppressed}
    return Published({**shown, **county}, suppressed, CONTAINERS)


def attack(cells: dict[Key, int]) -> tuple[dict[Key, str], Published]:
    hidden = protect(figures(cells), LIMIT)
    return hidden, publish(cells, hidden)


def small(cells: dict[Key, int]) -> set[Key]:
    return {key for key, value in cells.items() if 1 <= value < LIMIT}


def test_a_lone_small_count_takes_the_smallest_other_with_it() -> None:
    hidden, published = attack(somatic(3, 40, 12, 0))
    assert {(key[1], key[2]): why for key, why in hidden.items()} == {
        ("1000", "somatic"): "primary",
        ("1000", "all"): "primary",
        ("1002", "somatic"): "secondary",
        ("1002", "all"): "secondary",
    }
    assert recovered(published, at_least=1) == []


def test_nothing_is_suppressed_where_nothing_is_small() -> None:
    assert protect(figures(somatic(5, 40, 12, 0)), LIMIT) == {}


def test_the_limit_is_the_first_count_that_is_shown() -> None:
    assert protect(figures(somatic(5, 40, 12, 0)), 6) != {}
    assert protect(figures(somatic(3, 40, 12, 0)), 3) == {}


@pytest.mark.parametrize(
    "values",
    [
        *((1, 1, 0, 0), (1, 1, 30, 0), (1, 1, 1, 0, 0), (4, 4, 0), (3, 0, 0), (1, 0, 0, 0)),
        *((2, 2, 9), (1, 5), (4, 5), (1, 2, 3, 4), (3, 0), (0, 0, 1, 100)),
    ],
)
def test_hand_made_nasty_tables(values: tuple[int, ...]) -> None:
    cells = somatic(*values)
    hidden, published = attack(cells)
    assert small(cells) <= hidden.keys()
    assert [key for key in recovered(published) if cells[key] > 0] == []


def test_two_ones_cannot_be_told_from_a_two_and_a_zero() -> None:
    """Were only the two suppressed, each at least 1, their sum of 2 would give them away."""
    hidden, published = attack(somatic(1, 1, 0, 0))
    assert sum(value == 0 for value in (somatic(1, 1, 0, 0)[key] for key in hidden)) > 0
    assert recovered(published) == []


def test_zeros_are_shown_while_there_is_anything_else() -> None:
    cells = somatic(3, 40, 12, 0, 2, 0, 0)
    assert [key for key in attack(cells)[0] if cells[key] == 0] == []


def test_care_types_do_not_give_each_other_away() -> None:
    cells = table(
        {
            **{("1001", "somatic"): 20, ("1001", "psychiatric"): 2},
            **{("1002", "somatic"): 30, ("1002", "psychiatric"): 9},
            **{("1003", "somatic"): 0, ("1003", "psychiatric"): 7},
        }
    )
    hidden, published = attack(cells)
    assert ("municipality", "1001", "all", D) not in hidden
    assert recovered(published, at_least=1) == []


def test_districts_and_their_city_do_not_give_each_other_away() -> None:
    districts = {("Farsta", "somatic"): 2, ("Bromma", "somatic"): 60, ("Järva", "somatic"): 50}
    cells = table({**districts, ("0180", "somatic"): 112, ("0114", "somatic"): 50})
    hidden, published = attack(cells)
    assert recovered(published, at_least=1) == []
    assert sum(level == "district" and care == "all" for level, _, care, _ in hidden) >= 2


def test_who_is_not_billable_does_not_give_the_blocked_away() -> None:
    """Forty discharged and thirty-seven billable: the three were blocked by someone."""
    cells = {
        **table({("1001", "somatic"): 40, ("1002", "somatic"): 60, ("1003", "somatic"): 50}),
        **table({("1001", "somatic"): 37, ("1002", "somatic"): 50, ("1003", "somatic"): 38}, B),
        **table({("1001", "somatic"): 3, ("1002", "somatic"): 10, ("1003", "somatic"): 12}, IN),
        **table({("1001", "somatic"): 3, ("1002", "somatic"): 10, ("1003", "somatic"): 12}, LATE),
    }
    assert recovered(attack(cells)[1], at_least=1) == []


def of_somatic(first: int, counts: dict[str, tuple[int, ...]]) -> dict[Key, int]:
    """Measure -> counts of municipalities from the first code on."""
    cells: dict[Key, int] = {}
    for measure, values in counts.items():
        cells |= table({(f"{first + n}", "somatic"): v for n, v in enumerate(values)}, measure)
    return cells


def test_what_excludes_each_other_is_named_of_findings_that_there_are_and_whole() -> None:
    """The attacker finds them another way: by what an episode with the finding is like."""
    with (DBT_PROJECT / "seeds" / "finding.csv").open(encoding="utf-8") as file:
        codes = {row["finding_code"].lower() for row in csv.DictReader(file)}
    assert set(REQUIRES) <= codes
    named = {frozenset(FINDING + code for code in together) for together in EXCLUSIVE}
    found = {frozenset(each) for each in never_together({FINDING + code for code in codes})}
    # two of one party are named too, though they stand among more: their sum lies within less
    assert found <= named
    assert all(any(each <= whole for whole in found) for each in named)


def test_findings_that_exclude_each_other_do_not_give_each_other_away() -> None:
    """Sixteen discharged, fifteen of them without a receipt of their ready notice: one had none."""
    counts = {
        **{D: (16, 30, 30), B: (12, 24, 23)},
        **{IN: (1, 3, 4), LATE: (1, 3, 4), OUT: (3, 3, 3), CONTACT: (3, 3, 3), RECEIPT: (15, 0, 0)},
    }
    cells = of_somatic(1136, counts)
    assert set(recovered(attack(cells)[1], at_least=1)) & small(cells) == set()
    # he would have found it
    only_small = publish(cells, small(cells))
    assert ("municipality", "1136", "all", LATE) in recovered(only_small, at_least=1)


@pytest.mark.parametrize("on_day_zero", [0, 4])
def test_days_liable_for_are_not_told_by_the_days_of_all(on_day_zero: int) -> None:
    """Eight days of five patients who left later than day zero: one stayed four days at the most,
    and three are free."""
    counts = {
        **{D: (9, 16, 40), B: (5 + on_day_zero, 16, 20), LATER: (5, 16, 9)},
        **{DAYS: (8, 21, 30), LIABLE: (1, 2, 9), ZERO: (on_day_zero, 0, 11)},
    }
    cells = of_somatic(1126, {**counts, ALL_DAYS: counts[DAYS]})
    hidden, published = attack(cells)
    assert set(recovered(published, at_least=1)) & small(cells) == set()
    # how many left later than day zero is withheld for it, and the mean stays
    assert ("municipality", "1126", "all", LATER) in hidden
    assert ("municipality", "1126", "all", DAYS) not in hidden
    assert ("municipality", "1126", "all", LIABLE) in recovered(
        publish(cells, small(cells) | {("municipality", "1128", "all", LIABLE)}), at_least=1
    )


def test_days_and_the_day_zero_split_go_with_their_patients() -> None:
    cells = {
        **table({("1001", "somatic"): 3, ("1002", "somatic"): 50, ("1003", "somatic"): 30}, B),
        **table({("1001", "somatic"): 1, ("1002", "somatic"): 20, ("1003", "somatic"): 9}, ZERO),
        **table({("1001", "somatic"): 2, ("1002", "somatic"): 30, ("1003", "somatic"): 21}, LATER),
        **table(
            {("1001", "somatic"): 90, ("1002", "somatic"): 99, ("1003", "somatic"): 70},
            DAYS,
        ),
    }
    hidden, published = attack(cells)
    assert ("municipality", "1001", "all", DAYS) in hidden
    assert recovered(published, at_least=1) == []


def test_one_place_alone_with_all_there_is_cannot_be_told_from_another() -> None:
    """Of a month's psychiatric patients one waited, in 1180 (a simulated county's April).

    That can only be hidden if another place's days, billable and discharged are hidden too.
    """
    psychiatric = {
        D: {"1115": 1, "1117": 1, "1126": 2, "1138": 1, "1139": 2, "1180": 6, "1191": 1},
        B: {"1115": 1, "1138": 1, "1139": 1, "1180": 2},
        ZERO: {"1115": 1, "1138": 1, "1139": 1, "1180": 1},
        LATER: {"1180": 1},
        DAYS: {"1180": 3},
        ALL_DAYS: {"1117": 3, "1180": 42, "1191": 1},
    }
    somatic_of_each = {D: 60, B: 40, ZERO: 20, LATER: 20, DAYS: 90, ALL_DAYS: 95}
    codes = {code for counts in psychiatric.values() for code in counts} | {"1114", "1120"}
    cells: dict[Key, int] = {}
    for measure, counts in psychiatric.items():
        somatic_counts = {(code, "somatic"): somatic_of_each[measure] for code in codes}
        cells |= table(
            somatic_counts | {(code, "psychiatric"): n for code, n in counts.items()}, measure
        )
    hidden, published = attack(cells)
    assert small(cells) <= hidden.keys()
    assert set(recovered(published)) & small(cells) == set()
    assert len(hidden) < len(cells) / 2


def county(seed: int, municipalities: int, patients: float) -> dict[Key, int]:
    """Random patients: care type, days, findings; counted as the statistics count them."""
    chance = np.random.default_rng(seed)
    places = [("municipality", f"{1000 + n}") for n in range(municipalities)]
    places += [
        ("municipality", "0180"),
        *(("district", name) for name in ("Farsta", "Järva", "Älvsjö")),
    ]
    cells: Counter[Key] = Counter()
    for level, code in places:
        if code == "0180":
            continue
        for care, share in (("somatic", 1.0), ("psychiatric", 0.1)):
            for _ in range(chance.poisson(patients * share * chance.exponential())):
                late, missing, sip, contact, receipt = (
                    int(chance.random() < p) for p in (0.1, 0.05, 0.15, 0.1, 0.3)
                )
                sip, contact, receipt = sip > missing, contact > missing, receipt > late
                counted = {D, *([LATE] * late), *([MISSING] * missing)}
                counted |= {*([SIP] * sip), *([CONTACT] * contact), *([RECEIPT] * receipt)}
                counted |= {*([IN] * (late or missing)), *([OUT] * (sip or contact))}
                days = 0
                if not counted & {IN, OUT}:
                    days = int(chance.poisson(2))
                    counted |= {B, LATER if days else ZERO}
                for of in [(level, code)] + (
                    [("municipality", "0180")] if level == "district" else []
                ):
                    for of_care in (care, "all"):
                        cells.update((*of, of_care, measure) for measure in counted)
                        cells[*of, of_care, DAYS] += days
                        cells[*of, of_care, ALL_DAYS] += days
                        cells[*of, of_care, LIABLE] += max(days - FREE_DAYS, 0)
    every = [
        (*place, care, measure)
        for place in places
        for care in ("somatic", "psychiatric", "all")
        for measure in CONTAINERS
    ]
    return {key: cells[key] for key in every}


@pytest.mark.parametrize("patients", [2.0, 30.0])
@pytest.mark.parametrize("seed", [1, 2])
def test_a_random_county_gives_nothing_away(seed: int, patients: float) -> None:
    cells = county(seed, municipalities=5, patients=patients)
    hidden, published = attack(cells)
    assert small(cells) <= hidden.keys()
    assert {key for key in recovered(published) if cells[key] > 0} == set()


def test_without_secondary_suppression_the_attacker_finds_what_is_small() -> None:
    """The attack itself works: it recovers counts when only small ones are left out."""
    cells = county(1, municipalities=5, patients=60.0)
    found = ranges(publish(cells, small(cells)))
    exact = {key: low for key, (low, high) in found.items() if high - low < 1e-6}
    assert len(exact) > 3
    assert exact == {key: pytest.approx(cells[key]) for key in exact}


def test_a_search_that_only_looks_at_single_sums_is_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Pairs are not enough: without the audit, orders between measures give counts away."""
    monkeypatch.setattr(protection.Audit, "recovered", lambda *_: [])
    leaks = 0
    for seed in range(3):
        cells = county(seed, municipalities=5, patients=6.0)
        _, published = attack(cells)
        leaks += sum(cells[key] > 0 for key in recovered(published))
    assert leaks > 0


def test_the_same_figures_in_any_order_suppress_the_same() -> None:
    cells = county(4, municipalities=6, patients=6.0)
    forward = protect(figures(cells), LIMIT)
    assert protect(reversed(figures(cells)), LIMIT) == forward


def test_rows_for_sql_have_a_reason() -> None:
    rows = [vars(each) for each in figures(somatic(3, 40, 12))]
    found = protect_rows(rows, LIMIT)
    assert [(row["geography_code"], row["care_type"], row["reason"]) for row in found] == [
        ("1000", "all", "primary"),
        ("1000", "somatic", "primary"),
        ("1002", "all", "secondary"),
        ("1002", "somatic", "secondary"),
    ]


def test_many_months_on_all_cores_are_protected_as_one_after_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = [[vars(each) for each in figures(somatic(3, 40, 12 + n))] for n in range(7)]
    # slices of one array, as the engine gives them
    months = [(month.values, LIMIT) for month in pa.array(rows)]
    started: list[object] = []
    pool = processes.ProcessPoolExecutor
    monkeypatch.setattr(
        processes, "ProcessPoolExecutor", lambda *a, **k: started.append(a) or pool(*a, **k)
    )
    here = protect_months(months)
    assert not started
    monkeypatch.setattr("lus_assets.statistics.months._WORTH_PROCESSES", 2)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    assert protect_months(months) == here == [protect_rows(month, LIMIT) for month in rows]
    assert len(started) == 1


counts = st.integers(0, 3) | st.integers(0, 12) | st.integers(0, 200)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(counts, counts), min_size=3, max_size=7),
    st.lists(st.tuples(counts, counts), max_size=4),
)
def test_any_table_gives_nothing_away(
    municipalities: Sequence[tuple[int, int]], districts: Sequence[tuple[int, int]]
) -> None:
    cares = ("somatic", "psychiatric")
    values = {
        (f"{1000 + n}", care): value
        for n, pair in enumerate(municipalities)
        for care, value in zip(cares, pair, strict=True)
    }
    if districts:
        for care, place in (("somatic", 0), ("psychiatric", 1)):
            values["0180", care] = sum(pair[place] for pair in districts)
            values |= {(f"D{n}", care): pair[place] for n, pair in enumerate(districts)}
    cells = table(values)
    hidden, published = attack(cells)
    assert small(cells) <= hidden.keys()
    assert [key for key in recovered(published) if key in small(cells)] == []
