"""Protection of small numbers: which cells of a month's statistics are suppressed, and why.

The one place of it. Counts from 1 to below the limit on municipality and district rows are primary.
Others are suppressed with them until `audit` finds no suppressed cell that what is shown gives
away, over all sums and orders of `cells`. Deterministic. County rows are never suppressed, zeros
only where nothing else is left (one municipality has all there is).
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np

from lus_assets.statistics.audit import Audit
from lus_assets.statistics.cells import (
    AFTER_DAY_ZERO,
    ALL,
    CARE_TYPES,
    DISTRICT,
    FOLLOWS,
    LIABLE_DAYS,
    ON_DAY_ZERO,
    PSYCHIATRIC,
    READY_DAYS,
    SOMATIC,
    Cell,
    Figure,
    Mask,
    Month,
)

PRIMARY, SECONDARY = "primary", "secondary"
_PEERS, _CONTAINERS, _DECOYS = 2, 5, 8
"""How many tries each step of `mend` has until the next; the last goes on while there is more."""


def protect(figures: Iterable[Figure], limit: int) -> dict[tuple[str, str, str, str], str]:
    """Suppressed cells of one month: (level, code, care type, measure) -> `primary`, `secondary`.

    limit: the first count that is shown; 5 suppresses 1 to 4. Figures of other levels than
    municipality and district are not looked at.
    """
    month = Month.of(each for each in figures if each.geography_level in ("municipality", DISTRICT))
    is_small = (month.values > 0) & (month.values < limit)
    hidden = suppressed(month, is_small)
    return {
        (*month.geographies[g], CARE_TYPES[c], month.measures[m]): (
            PRIMARY if is_small[m, g, c] else SECONDARY
        )
        for m, g, c in zip(*hidden.nonzero(), strict=True)
    }


def protect_rows(rows: list[dict[str, Any]], limit: int) -> list[dict[str, str]]:
    """`protect` for SQL: rows with the columns of `Figure` -> suppressed cells with `reason`."""
    found = protect((Figure(**row) for row in rows), limit)
    names = ("geography_level", "geography_code", "care_type", "measure")
    return [
        dict(zip(names, cell, strict=True)) | {"reason": reason}
        for cell, reason in sorted(found.items())
    ]


def suppressed(month: Month, is_small: Mask) -> Mask:
    """`is_small` and everything that would reveal it."""
    if not is_small.any():
        return is_small
    search, audit = _Search(month, is_small.copy()), Audit(month)
    search.close()
    while leaks := audit.recovered(search.hidden, is_small):
        if not search.mend(leaks):
            break
        search.close()
    return _without_idle(month, search.hidden, is_small, audit)


def _without_idle(month: Month, hidden: Mask, is_small: Mask, audit: Audit) -> Mask:
    """Show again what can be worked out anyway: it protects nothing, and shows nothing new.

    A zero is shown only while another of its measure stays suppressed: that one could be is what
    keeps the attacker from taking every suppressed figure for at least 1.
    """
    idle = np.zeros_like(hidden)
    for cell in audit.fixed(hidden):
        idle[cell] = not is_small[cell]
    zeros = hidden & (month.values == 0)
    has_another = (zeros & ~idle).any(axis=(1, 2))[:, None, None]
    return hidden & ~(idle & (~zeros | has_another))


class _Search:
    """Suppression under way: cells are only ever added."""

    def __init__(self, month: Month, hidden: Mask) -> None:
        self.month = month
        self.hidden = hidden
        self._tries: Counter[tuple[int, str]] = Counter()

    def close(self) -> None:
        """Suppress until no single sum gives a cell away; cheap, and most of what is needed."""
        before = -1
        while before != (before := int(self.hidden.sum())):
            self._follow()
            for m, g in np.argwhere(self.hidden.sum(axis=2) == 1):
                self._split(int(m), int(g))
            for m in range(len(self.month.measures)):
                for c in (SOMATIC, PSYCHIATRIC, ALL):
                    self._level(m, c, self.month.municipalities, None)
                    self._level(m, c, self.month.districts, self.month.city)

    def mend(self, leaks: list[Cell]) -> bool:
        """Suppress more around cells that can be recovered. False: there is nothing left to.

        First a peer in the same sum (a zero if need be), then the figures that contain the cells,
        then peers with all that contains the figure there, zeros too, one after another, and in the
        end all of the measure with them.
        """
        before = int(self.hidden.sum())
        groups: dict[tuple[int, str], list[Cell]] = {}
        for cell in leaks:
            groups.setdefault((cell[0], self.month.geographies[cell[1]][0]), []).append(cell)
        for group, cells in groups.items():
            self._tries[group] += 1
            self._widen(cells, self._tries[group])
        return int(self.hidden.sum()) > before or max(self._tries.values()) <= _DECOYS

    def _widen(self, cells: list[Cell], tried: int) -> None:
        m, peers = cells[0][0], self.month.peers(cells[0][1])
        care_types = sorted({c for _, _, c in cells})
        if tried <= _PEERS:
            for c in care_types:
                self._add(m, peers, c, may_be_zero=True)
        elif tried <= _CONTAINERS:
            for cell in cells:
                self._parent(cell)
        else:
            if tried > _DECOYS:
                self.hidden[m, peers] = True
            for c in care_types:
                self._decoy(m, peers, c)

    def _follow(self) -> None:
        """Sums of days, and the split by day zero, go with the number of patients behind them."""
        numbers = {name: self.month.number(name) for name in {*FOLLOWS, *FOLLOWS.values()}}
        has = self.month.values > 0
        for name, of in FOLLOWS.items():
            follower, leader = numbers[name], numbers[of]
            if follower is not None and leader is not None:
                self.hidden[follower] |= self.hidden[leader] & has[follower]
        on, after = numbers[ON_DAY_ZERO], numbers[AFTER_DAY_ZERO]
        if on is not None and after is not None:
            either = self.hidden[on] | self.hidden[after]
            self.hidden[on] |= either & has[on]
            self.hidden[after] |= either & has[after]
        liable, ready = numbers[LIABLE_DAYS], numbers[READY_DAYS]
        if liable is not None and ready is not None and after is not None:
            # when the free days and a day of each who left later leave a single day, it is told
            left = self.month.values[ready] - self.month.values[after] - self.month.free_days + 1
            self.hidden[after] |= self.hidden[liable] & has[liable] & (left == 1) & has[after]

    def _split(self, m: int, g: int) -> None:
        """somatic + psychiatric = all: never one of the three alone. `all` is kept if it can be."""
        if self.hidden[m, g].sum() != 1:
            return
        shown = [c for c in (SOMATIC, PSYCHIATRIC, ALL) if not self.hidden[m, g, c]]
        nonzero = [c for c in shown if self.month.values[m, g, c] > 0] or [shown[-1]]
        smallest = min(nonzero, key=lambda c: (c == ALL, self.month.values[m, g, c]))
        self.hidden[m, g, smallest] = True

    def _level(self, m: int, c: int, geographies: list[int], total: int | None) -> None:
        """Municipalities sum to the county, districts to the city: never one alone, nor only ones.

        total: the geography that has the sum, where it may be suppressed itself.
        """
        hidden = self.hidden[m, geographies, c]
        size = int(hidden.sum())
        if total is not None and self.hidden[m, total, c]:
            if geographies and size == 0:
                self._add(m, geographies, c, may_be_zero=True)
            return
        if size == 0:
            return
        has_zero = bool((self.hidden[m] & (self.month.values[m] == 0)).any())
        surplus = int(self.month.values[m, geographies, c][hidden].sum()) - size * (not has_zero)
        if size == 1 or surplus == 0:
            self._add(m, geographies, c, may_be_zero=True)

    def _add(self, m: int, among: Iterable[int], c: int, *, may_be_zero: bool) -> bool:
        """Suppress a further figure of the same sum: the smallest that costs no other one."""
        shown = [g for g in among if not self.hidden[m, g, c]]
        nonzero = [g for g in shown if self.month.values[m, g, c] > 0]
        if not nonzero and not (shown and may_be_zero):
            return False
        chosen = min(nonzero or shown, key=lambda g: self._cost(m, g, c))
        self.hidden[m, chosen, c] = True
        return True

    def _cost(self, m: int, g: int, c: int) -> tuple[bool, bool, bool, int, int]:
        value = int(self.month.values[m, g, c])
        parent = self.month.parents[m]
        is_bound = (
            parent is not None
            and not self.hidden[parent, g, c]
            and self.month.values[parent, g, c] <= value
        )
        is_alone = not self.hidden[m, g].any()
        return is_bound, g == self.month.city, is_alone, value, g

    def _parent(self, cell: Cell) -> None:
        """Suppress the figure that contains it, which bounds it."""
        m, g, c = cell
        parent = self.month.parents[m]
        while parent is not None:
            if self.month.values[parent, g, c] > 0 and not self.hidden[parent, g, c]:
                self.hidden[parent, g, c] = True
                return
            parent = self.month.parents[parent]

    def _decoy(self, m: int, peers: Iterable[int], c: int) -> None:
        """Make it possible that another place has what one place has alone: of those that cannot
        yet, the one where least more is suppressed for it."""
        bounding, city = self.month.bounding(m), self.month.city
        shown = {g: int((~self.hidden[bounding, g, c]).sum()) for g in peers}
        left = [(g == city, count, g) for g, count in shown.items() if count]
        if left:
            self.hidden[bounding, min(left)[-1], c] = True
