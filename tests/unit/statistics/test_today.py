"""Who waits today, as published: no number below the limit can be worked out."""

from collections import defaultdict
from itertools import product

import pytest

from lus_assets.statistics.page_model import Waiting, WaitingToday
from lus_assets.statistics.today import protected_waiting


def protected(*patients: int, limit: int = 5) -> WaitingToday:
    places = [Waiting(str(place), each, each * 2) for place, each in enumerate(patients)]
    return protected_waiting(places, limit)


def test_municipalities_below_the_limit_are_taken_together_with_those_without_anybody() -> None:
    today = protected(7, 0, 3, 12)
    assert [each.patients for each in today.municipalities] == [12, 7]
    assert (today.others, today.county) == (2, Waiting("Hela länet", 22, 44))


def test_a_municipality_that_is_small_alone_takes_the_smallest_shown_with_it() -> None:
    today = protected(7, 9, 3)
    assert [each.patients for each in today.municipalities] == [9]
    assert today.others == 2


def test_where_no_municipality_is_shown_the_county_s_sum_is_left_out() -> None:
    assert protected(3) == WaitingToday([], 1, None)
    assert protected(4, 2, 0) == WaitingToday([], 3, None)


@pytest.mark.parametrize(("limit", "places", "most"), [(5, 3, 14), (3, 4, 7), (2, 4, 6)])
def test_who_knows_the_rule_and_all_that_is_published_cannot_work_out_a_small_number(
    limit: int, places: int, most: int
) -> None:
    possible: dict[object, list[tuple[int, ...]]] = defaultdict(list)
    for patients in product(range(most), repeat=places):
        today = protected(*patients, limit=limit)
        shown = tuple((each.name, each.patients) for each in today.municipalities)
        possible[shown, today.others, today.county].append(patients)
    for (shown, _, _), worlds in possible.items():  # type: ignore[misc]
        hidden = set(range(places)) - {int(name) for name, _ in shown}
        for place in hidden:
            numbers = {world[place] for world in worlds}
            assert numbers == {0} or len(numbers) > 1, (shown, worlds)
