"""A month's counts on municipality and district rows, as an array, and what is known to hold.

Everything that a reader may know stands here, once: which figures add up, and which contain others.
`protection` suppresses against this list; the attacker in the tests has a list of its own.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]
Mask = NDArray[np.bool_]
Cell = tuple[int, int, int]
"""Numbers of measure, geography and care type."""

CARE_TYPES = ("somatic", "psychiatric", "all")
SOMATIC, PSYCHIATRIC, ALL = 0, 1, 2
MUNICIPALITY, DISTRICT = "municipality", "district"
STOCKHOLM = "0180"

DISCHARGED, BILLABLE = "episodes_discharged", "episodes_billable"
ON_DAY_ZERO, AFTER_DAY_ZERO = "episodes_on_day_zero", "episodes_after_day_zero"
BLOCKED_BY = "episodes_blocked_by_"
FOLLOWS = {
    "ready_days": BILLABLE,
    "liable_days": BILLABLE,
    ON_DAY_ZERO: BILLABLE,
    AFTER_DAY_ZERO: BILLABLE,
    "ready_days_all": DISCHARGED,
    "withdrawn_ready_days": DISCHARGED,
}
"""Figures that are not shown where the number of patients behind them is not."""

LIABLE_DAYS, READY_DAYS = "liable_days", "ready_days"
FREE_DAYS = "free_days"
"""No count: how few days any of the billable had before those that are liable for, which whoever
knows the rules knows. Given as a figure, where there are liable days."""
FINDING = "episodes_with_"
EXCLUSIVE = (
    ("admission_notice_missing", "admission_notice_late"),
    ("sip_call_missing", "sip_call_late"),
    # without a standing notice there is nothing to be late after, or to receipt
    ("ready_notice_missing", "sip_call_late"),
    ("ready_notice_missing", "region_services_unavailable"),
    ("ready_notice_missing", "receipt_missing"),
    # needs are the region's, unknown, or both's
    ("no_municipal_need", "needs_unknown", "permanent_contact_missing"),
    ("no_municipal_need", "needs_unknown", "sip_call_missing", "sip_call_late"),
    # a care plan is due instead of SIP
    ("care_plan_missing", "sip_call_missing", "sip_call_late"),
    ("deceased", "transfer_without_successor"),
)
"""Findings that no episode has together (rules.md section 6): their sum lies within the party's
figure, where they are of one party; within what is not billable, where each blocks; else within all
discharged."""

EQUAL, AT_MOST, BEYOND_FREE = "equal", "at most", "beyond free"
"""What holds of a sum of factors × cells. EQUAL: it is a constant. AT_MOST: it is 0 at the most.
BEYOND_FREE: where the first cell is above zero, it is at most 1 less the place's free days."""


@dataclass(frozen=True)
class Figure:
    """A published count or sum. contained_in: the measure that contains it, or empty."""

    geography_level: str
    geography_code: str
    care_type: str
    measure: str
    value: int
    contained_in: str


@dataclass(frozen=True)
class Month:
    """Values by measure, geography and care type. contained_in: by measure. free_days: by geography
    and care type, 0 where nothing is liable for."""

    measures: tuple[str, ...]
    contained_in: tuple[str, ...]
    geographies: tuple[tuple[str, str], ...]
    values: Counts
    free_days: Counts

    @staticmethod
    def of(figures: Iterable[Figure]) -> "Month":
        """The array of a month's figures; what is not given is zero."""
        rows = list(figures)
        containers = {e.measure: e.contained_in for e in rows if e.measure != FREE_DAYS}
        measures = tuple(sorted(containers))
        geographies = tuple(sorted({(e.geography_level, e.geography_code) for e in rows}))
        place = {name: number for number, name in enumerate(measures)}
        where = {name: number for number, name in enumerate(geographies)}
        values = np.zeros((len(measures), len(geographies), len(CARE_TYPES)), dtype=np.int64)
        free_days = np.zeros(values.shape[1:], dtype=np.int64)
        for each in rows:
            geography = where[each.geography_level, each.geography_code]
            care = CARE_TYPES.index(each.care_type)
            if each.measure == FREE_DAYS:
                free_days[geography, care] = each.value
            else:
                values[place[each.measure], geography, care] = each.value
        within = tuple(containers[name] for name in measures)
        return Month(measures, within, geographies, values, free_days)

    def number(self, measure: str) -> int | None:
        """Where a measure stands, or None."""
        return self.measures.index(measure) if measure in self.measures else None

    @cached_property
    def municipalities(self) -> list[int]:
        """Geographies that sum to the county: municipalities, `other`, `unknown`."""
        return [n for n, (level, _) in enumerate(self.geographies) if level == MUNICIPALITY]

    @cached_property
    def districts(self) -> list[int]:
        """Geographies that sum to Stockholm city."""
        return [n for n, (level, _) in enumerate(self.geographies) if level == DISTRICT]

    @cached_property
    def city(self) -> int | None:
        """Stockholm city, where it has districts."""
        if not self.districts or (MUNICIPALITY, STOCKHOLM) not in self.geographies:
            return None
        return self.geographies.index((MUNICIPALITY, STOCKHOLM))

    @cached_property
    def parents(self) -> list[int | None]:
        """The measure that contains each."""
        return [self.number(name) if name else None for name in self.contained_in]

    @cached_property
    def parties(self) -> dict[int, list[int]]:
        """`episodes_blocked_by_…` -> its findings."""
        found: dict[int, list[int]] = {
            number: [] for number, name in enumerate(self.measures) if name.startswith(BLOCKED_BY)
        }
        for number, parent in enumerate(self.parents):
            if parent in found:
                found[parent].append(number)
        return found

    @cached_property
    def orders(self) -> list[tuple[list[tuple[int, int]], str]]:
        """What holds in every geography and care type: factors of measures, and what of it."""
        found: list[tuple[list[tuple[int, int]], str]] = [
            ([(number, 1), (parent, -1)], AT_MOST)
            for number, parent in enumerate(self.parents)
            if parent is not None
        ]
        found += [
            ([(party, 1), *((code, -1) for code in codes)], AT_MOST)
            for party, codes in self.parties.items()
            if codes
        ]
        found += [(order, AT_MOST) for order in self._exclusive()]
        discharged, billable = self.number(DISCHARGED), self.number(BILLABLE)
        if discharged is not None and billable is not None and self.parties:
            net = [(discharged, -1), (billable, 1)]
            found += [([(party, 1), *net], AT_MOST) for party in self.parties]
            all_parties = [(party, -1) for party in self.parties]
            found.append(([(discharged, 1), (billable, -1), *all_parties], AT_MOST))
        on, after = self.number(ON_DAY_ZERO), self.number(AFTER_DAY_ZERO)
        if billable is not None and on is not None and after is not None:
            found.append(([(on, 1), (after, 1), (billable, -1)], EQUAL))
        liable, ready = self.number(LIABLE_DAYS), self.number(READY_DAYS)
        if liable is not None and ready is not None and after is not None:
            # who is liable for has the free days before these, and who else left later a day
            found.append(([(liable, 1), (after, 1), (ready, -1)], BEYOND_FREE))
        return found

    def _exclusive(self) -> Iterable[list[tuple[int, int]]]:
        discharged, billable = self.number(DISCHARGED), self.number(BILLABLE)
        for names in EXCLUSIVE:
            found = [n for name in names if (n := self.number(FINDING + name)) is not None]
            within = {self.parents[n] for n in found}
            if len(found) < 2 or None in within:
                continue
            if len(within) == 1:
                bound = [(next(iter(within)), -1)]
            elif within <= set(self.parties) and billable is not None:
                bound = [(discharged, -1), (billable, 1)]
            else:
                bound = [(discharged, -1)]
            yield [*((n, 1) for n in found), *((n, f) for n, f in bound if n is not None)]

    @cached_property
    def bounded(self) -> list[int]:
        """Geographies where orders are held against the attacker: all but `unknown`.

        There every episode lacks a municipality by definition, and the county's row of that finding
        says how many there are.
        """
        return [n for n, place in enumerate(self.geographies) if place != (MUNICIPALITY, "unknown")]

    def bounding(self, measure: int) -> list[int]:
        """A measure and all that must be above zero, or may have to be, where it is."""
        split = {self.number(name) for name in (BILLABLE, ON_DAY_ZERO, AFTER_DAY_ZERO)} - {None}
        found: set[int] = set()
        new = {measure}
        while new:
            found |= new
            new = {parent for each in new if (parent := self.parents[each]) is not None}
            new = (new | {n for n in split if n is not None and found & split}) - found
        return sorted(found)

    def peers(self, geography: int) -> Sequence[int]:
        """Geographies of the same level."""
        of_city = self.geographies[geography][0] == DISTRICT
        return self.districts if of_city else self.municipalities
