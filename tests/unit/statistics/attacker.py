"""An attacker of published statistics, who knows nothing of how they are protected.

He reads the published rows, writes down every sum and order that holds by definition, and asks for
each suppressed count how small and how large it can be. His list of what holds is his own.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import networkx as nx
import numpy as np
from scipy.optimize import linprog
from scipy.sparse import lil_array

Key = tuple[str, str, str, str]
"""Geography level, code, care type, measure."""
SPLIT = ("somatic", "psychiatric")
REQUIRES: Mapping[str, Mapping[str, str]] = {
    "admission_notice_missing": {"admission notice": "none"},
    "admission_notice_late": {"admission notice": "sent"},
    "ready_notice_missing": {"ready notice": "none"},
    "permanent_contact_missing": {"needs": "both"},
    "sip_call_missing": {"needs": "both", "care plan": "not due", "SIP call": "none"},
    "sip_call_late": {
        **{"needs": "both", "care plan": "not due", "SIP call": "sent"},
        "ready notice": "stands",
    },
    "care_plan_missing": {"care plan": "due"},
    "region_services_unavailable": {"ready notice": "stands"},
    "no_municipal_need": {"needs": "region"},
    "needs_unknown": {"needs": "empty"},
    "deceased": {"left": "dead"},
    "transfer_without_successor": {"left": "for another unit"},
    "receipt_missing": {"ready notice": "stands"},
}
"""What an episode is like that has a finding (rules.md section 6)."""
FREE_DAYS = 3
"""The fewest that any ruleset of today gives."""
_CONSTANT: Key = ("", "", "", "1")
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
    if at_least:
        order += _days_liable_for(published)
    shown = {**published.shown, _CONSTANT: 1}
    a_eq, b_eq = _system(equal, column, shown)
    a_ub, b_ub = _system(order, column, shown)
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
    order += [
        [*((m, 1) for m in together), *_all_of(together, containers)]
        for together in never_together(measures)
    ]
    on, after = "episodes_on_day_zero", "episodes_after_day_zero"
    exact = [[(on, 1), (after, 1), (b, -1)]] if {on, after, b} <= measures else []
    return order, exact


def never_together(measures: set[str]) -> Iterable[list[str]]:
    """Findings of which an episode has one at the most: all that cannot stand beside each other."""
    graph = nx.Graph()
    codes = [code for code in REQUIRES if f"episodes_with_{code}" in measures]
    for one in codes:
        for other in codes:
            facts = REQUIRES[one].keys() & REQUIRES[other].keys()
            if any(REQUIRES[one][fact] != REQUIRES[other][fact] for fact in facts):
                graph.add_edge(f"episodes_with_{one}", f"episodes_with_{other}")
    return nx.find_cliques(graph)


def _all_of(together: Sequence[str], containers: Mapping[str, str]) -> list[tuple[str, int]]:
    """Less what all of them lie in: one party's, those who are not billable, or everybody."""
    within = {containers[measure] for measure in together}
    if len(within) == 1:
        return [(within.pop(), -1)]
    if all(each.startswith("episodes_blocked_by_") for each in within):
        return [("episodes_discharged", -1), ("episodes_billable", 1)]
    return [("episodes_discharged", -1)]


def _days_liable_for(published: Published) -> list[Terms]:
    """Where they are withheld he takes them for a day at least: somebody then has the free days
    and these, and everybody else who left after day zero has a day."""
    return [
        [
            *(((*place, "liable_days"), 1), ((*place, "episodes_after_day_zero"), 1)),
            *(((*place, "ready_days"), -1), (_CONSTANT, FREE_DAYS - 1)),
        ]
        for *place, measure in published.suppressed
        if measure == "liable_days" and place[2] in SPLIT
    ]


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
