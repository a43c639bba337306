"""An attacker of published statistics, who knows nothing of how they are protected.

He reads the published rows, writes down every sum and order that holds by definition, and asks for
each suppressed count how small and how large it can be. His list of what holds is his own.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import lil_array

Key = tuple[str, str, str, str]
"""Geography level, code, care type, measure."""
SPLIT = ("somatic", "psychiatric")
ONE = 1 - 1e-6
"""A range narrower than this holds one whole number only."""


@dataclass(frozen=True)
class Published:
    """shown: what can be read. suppressed: which cannot. containers: measure -> its container."""

    shown: Mapping[Key, int]
    suppressed: frozenset[Key]
    containers: Mapping[str, str]


def ranges(published: Published, *, at_least: int = 0) -> dict[Key, tuple[float, float]]:
    """The smallest and largest that each suppressed count can be; at_least: what he takes as given.

    Only counts whose range is narrower than one are asked for one by one.
    """
    unknown = sorted(published.suppressed)
    if not unknown:
        return {}
    column = {key: number for number, key in enumerate(unknown)}
    equal, order = _known(published)
    a_eq, b_eq = _system(equal, column, published.shown)
    a_ub, b_ub = _system(order, column, published.shown)
    low, high = np.full(len(unknown), np.inf), np.full(len(unknown), -np.inf)

    def ask(aim: np.ndarray) -> None:
        found = linprog(aim, a_ub, b_ub, a_eq, b_eq, bounds=(at_least, 10**6), method="highs")
        assert found.x is not None, "the published figures contradict each other"
        np.minimum(low, found.x, out=low)
        np.maximum(high, found.x, out=high)

    chance = np.random.default_rng(7)
    for _ in range(8):
        aim = chance.uniform(-1, 1, len(unknown)) * (high - low < 1)
        ask(aim)
        ask(-aim)
    for each in np.flatnonzero(high - low < ONE):
        for sign in (1.0, -1.0):
            ask(np.eye(1, len(unknown), each)[0] * sign)
    return {key: (float(low[n]), float(high[n])) for key, n in column.items()}


def recovered(published: Published, *, at_least: int = 0) -> list[Key]:
    """The suppressed counts that can have one value only."""
    found = ranges(published, at_least=at_least)
    return [key for key, (low, high) in found.items() if high - low < ONE]


Terms = list[tuple[Key, int]]


def _known(published: Published) -> tuple[list[Terms], list[Terms]]:
    """Sums that are zero, and sums that are zero at most."""
    every = {*published.shown, *published.suppressed}
    places = {(level, code) for level, code, _, _ in every}
    measures = {measure for *_, measure in every}
    equal: list[Terms] = []
    for level, code in sorted(places):
        for measure in sorted(measures):
            parts = [((level, code, care, measure), 1) for care in SPLIT]
            equal.append([*parts, ((level, code, "all", measure), -1)])
    for measure in sorted(measures):
        for care in (*SPLIT, "all"):
            for part, whole in (("municipality", "county"), ("district", "city")):
                of_part = [(lv, code) for lv, code in places if lv == part]
                of_whole = [
                    (lv, code)
                    for lv, code in places
                    if (
                        lv == "county"
                        if whole == "county"
                        else (lv, code) == ("municipality", "0180")
                    )
                ]
                if of_part and of_whole:
                    (total,) = of_whole
                    parts = [((*place, care, measure), 1) for place in sorted(of_part)]
                    equal.append([*parts, ((*total, care, measure), -1)])
    order: list[Terms] = []
    for place in sorted(places - {("municipality", "unknown")}):
        for care in SPLIT:
            of_cell, exact = _orders_of_a_cell(published.containers, measures)
            equal += [[((*place, care, m), f) for m, f in terms] for terms in exact]
            order += [[((*place, care, m), f) for m, f in terms] for terms in of_cell]
    return equal, order


def _orders_of_a_cell(
    containers: Mapping[str, str], measures: set[str]
) -> tuple[list[list[tuple[str, int]]], list[list[tuple[str, int]]]]:
    d, b = "episodes_discharged", "episodes_billable"
    order = [[(m, 1), (c, -1)] for m, c in containers.items() if m in measures and c in measures]
    by_party: dict[str, list[str]] = defaultdict(list)
    for measure, container in containers.items():
        if container.startswith("episodes_blocked_by_") and measure in measures:
            by_party[container].append(measure)
    order += [[(party, 1), *((m, -1) for m in found)] for party, found in by_party.items()]
    if {d, b} <= measures and by_party:
        order += [[(party, 1), (d, -1), (b, 1)] for party in by_party]
        order.append([(d, 1), (b, -1), *((party, -1) for party in by_party)])
    on, after = "episodes_on_day_zero", "episodes_after_day_zero"
    exact = [[(on, 1), (after, 1), (b, -1)]] if {on, after, b} <= measures else []
    return order, exact


def _system(
    rows: Iterable[Terms], column: Mapping[Key, int], shown: Mapping[Key, int]
) -> tuple[lil_array | None, Sequence[float] | None]:
    kept = [row for row in rows if any(key in column for key, _ in row)]
    kept = [row for row in kept if all(key in column or key in shown for key, _ in row)]
    if not kept:
        return None, None
    matrix = lil_array((len(kept), len(column)))
    right = []
    for number, row in enumerate(kept):
        for key, factor in row:
            if key in column:
                matrix[number, column[key]] += factor
        right.append(-sum(factor * shown[key] for key, factor in row if key not in column))
    return matrix.tocsr(), right
