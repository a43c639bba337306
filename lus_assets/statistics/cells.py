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

EXCLUSIVE = (
    ("episodes_with_admission_notice_missing", "episodes_with_admission_notice_late"),
    ("episodes_with_sip_call_missing", "episodes_with_sip_call_late"),
)
"""Findings that no episode has together: their sum, too, lies within the party's figure."""


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
    """Values by measure, geography and care type. contained_in: by measure."""

    measures: tuple[str, ...]
    contained_in: tuple[str, ...]
    geographies: tuple[tuple[str, str], ...]
    values: Counts

    @staticmethod
    def of(figures: Iterable[Figure]) -> "Month":
        """The array of a month's figures; what is not given is zero."""
        rows = list(figures)
        containers = {each.measure: each.contained_in for each in rows}
        measures = tuple(sorted(containers))
        geographies = tuple(sorted({(e.geography_level, e.geography_code) for e in rows}))
        place = {name: number for number, name in enumerate(measures)}
        where = {name: number for number, name in enumerate(geographies)}
        values = np.zeros((len(measures), len(geographies), len(CARE_TYPES)), dtype=np.int64)
        for each in rows:
            geography = where[each.geography_level, each.geography_code]
            care = CARE_TYPES.index(each.care_type)
            values[place[each.measure], geography, care] = each.value
        return Month(measures, tuple(containers[name] for name in measures), geographies, values)

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
    def orders(self) -> list[tuple[list[tuple[int, int]], bool]]:
        """What holds in every geography and care type: Σ factor × measure ≤ 0 (True: = 0)."""
        found: list[tuple[list[tuple[int, int]], bool]] = [
            ([(number, 1), (parent, -1)], False)
            for number, parent in enumerate(self.parents)
            if parent is not None
        ]
        found += [
            ([(party, 1), *((code, -1) for code in codes)], False)
            for party, codes in self.parties.items()
            if codes
        ]
        found += list(self._exclusive())
        discharged, billable = self.number(DISCHARGED), self.number(BILLABLE)
        if discharged is not None and billable is not None and self.parties:
            net = [(discharged, -1), (billable, 1)]
            found += [([(party, 1), *net], False) for party in self.parties]
            all_parties = [(party, -1) for party in self.parties]
            found.append(([(discharged, 1), (billable, -1), *all_parties], False))
        on, after = self.number(ON_DAY_ZERO), self.number(AFTER_DAY_ZERO)
        if billable is not None and on is not None and after is not None:
            found.append(([(on, 1), (after, 1), (billable, -1)], True))
        return found

    def _exclusive(self) -> Iterable[tuple[list[tuple[int, int]], bool]]:
        for names in EXCLUSIVE:
            numbers = [n for n in map(self.number, names) if n is not None]
            parent = self.parents[numbers[0]] if numbers else None
            if len(numbers) == len(names) and parent is not None:
                yield [*((n, 1) for n in numbers), (parent, -1)], False

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
