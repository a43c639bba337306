"""Who the patients are: ids that mean one person, homes, placements, districts on a day."""

from datetime import date

import numpy as np

from lus_assets.simulation import FaultRates
from lus_assets.simulation.clock import day_number
from lus_assets.simulation.columns import NONE, Columns
from lus_assets.simulation.feeds import person_ids
from lus_assets.simulation.people import PERSONNUMMER, RESERVE, homes, liable, people
from lus_assets.simulation.reference import districts, places, published_numbers

DAY = day_number(date(2024, 1, 1))


def patients(rates: FaultRates | None = None) -> Columns:
    size = 20_000
    used = {
        "person": np.arange(size),
        "group": np.arange(size) % 4,
        "home": homes(1, size).astype(np.int64),
    }
    return people(1, used, DAY, DAY + 90, rates or FaultRates.none())


def normalised(text: str, year: int) -> str:
    """As the contract says: `-` within the last hundred years, `+` a century before."""
    digits = text.replace("-", "").replace("+", "")
    if text.startswith("R") or len(digits) == 12:
        return digits
    century = year // 100 if int(digits[:2]) <= year % 100 else year // 100 - 1
    return f"{century - ('+' in text):02}{digits}"


def test_every_form_of_an_id_means_the_same_person_on_its_delivery_day() -> None:
    who = patients()
    forms: set[str] = set()
    for later in range(10):
        days = np.full(len(who["number"]), DAY + later)
        texts = person_ids(who, {"who": np.arange(len(days)), "day": days}).to_pylist()
        numbers, kinds = who["number"].tolist(), who["kind"].tolist()
        for text, number, kind in zip(texts, numbers, kinds, strict=True):
            expected = f"R{number}" if kind == RESERVE else str(number)
            assert normalised(text, 2024) == expected
            forms.add("".join("0" if one.isdigit() else one for one in text))
    assert forms == {
        "R0000000000", "000000000000", "00000000-0000", "000000-0000", "000000+0000"
    }  # fmt: skip


def test_numbers_are_the_tax_agencys_or_reserve_and_nobody_shares_one() -> None:
    who = patients()
    assert len(np.unique(who["number"])) == len(who["number"])
    own = who["number"][who["kind"] == PERSONNUMMER]
    assert np.isin(own, published_numbers("personnummer")[0]).all()
    assert 0.05 < len(own) / len(who["number"]) < 0.35
    assert (who["number"][who["kind"] == RESERVE] < 2_000_000_000).all()


def test_a_wrong_check_digit_stays_with_the_person() -> None:
    rates = FaultRates(wrong_check_digit=0.5)
    who = patients(rates)
    wrong = who["number"][who["wrong_digit"]]
    assert len(wrong) > 100
    assert not np.isin(wrong, published_numbers("personnummer")[0]).any()


def test_placement_in_special_service_makes_the_placing_municipality_liable() -> None:
    who: Columns = {
        "home": np.array([3, 3, 3, 3]),
        "next_home": np.array([5, 5, 5, 5]),
        "moved": np.array([NONE, DAY, NONE, NONE]),
        "placed": np.array([True, False, True, True]),
        "special_service": np.array([True, True, False, True]),
        "placing": np.array([9, 9, 9, 9]),
        "placed_from": np.full(4, DAY - 10),
        "placed_to": np.array([DAY, NONE, NONE, DAY - 1]),
        "protected": np.zeros(4, bool),
        "known": np.ones(4, bool),
    }
    municipality, by_placement = liable(who, np.arange(4), np.full(4, DAY))
    assert municipality.tolist() == [9, 5, 3, 3]
    assert by_placement.tolist() == [True, False, False, False]


def test_districts_are_named_as_on_the_day() -> None:
    areas = np.arange(len(districts().share))
    for day, count in ((date(2019, 1, 1), 14), (date(2021, 1, 1), 13), (date(2024, 1, 1), 11)):
        names = districts().name_on(areas, np.full(len(areas), day_number(day)))
        assert len(set(names.tolist())) == count
    assert places().county == 26
