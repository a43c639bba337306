"""Which suppressed cells can be worked out after all: linear programming over all that is shown.

A cell counts as recovered when no two tables that agree with everything shown differ by one there.
The bounds are the attacker's best ones: a suppressed cell is at least 1, unless a zero of the same
measure had to be suppressed too.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import csr_array

from lus_assets.statistics.cells import ALL, PSYCHIATRIC, SOMATIC, Cell, Mask, Month

_DIRECTIONS = 8
_REACH = 50.0
_ONE = 1 - 1e-6
Row = list[tuple[Cell, int]]
Vector = NDArray[np.float64]


class Audit:
    """An audit that goes on while more is suppressed: a table that agreed with what was shown
    still does when less is shown, so what was found to be safe stays safe."""

    def __init__(self, month: Month) -> None:
        """month: the true figures."""
        self._month = month
        self._low = month.values.astype(np.float64)
        self._high = self._low.copy()
        self._identities = list(identities(month))
        self._generator = np.random.default_rng(0)

    def recovered(self, hidden: Mask, of: Mask | None = None) -> list[Cell]:
        """The suppressed cells that can be recovered, in the order of the array.

        of: look at these only, by default at all.
        """
        asked = hidden if of is None else hidden & of
        attack = _Attack(self._month, hidden, self._identities)
        for _ in range(_DIRECTIONS):
            pending = self._pending(asked)
            size = int(pending.sum())
            if size == 0:
                break
            aim = np.zeros(hidden.shape)
            signs = self._generator.choice([-1.0, 1.0], size)
            aim[pending] = signs * self._generator.uniform(1, 2, size)
            self._look(attack, aim)
            self._look(attack, -aim)
        return [(int(m), int(g), int(c)) for m, g, c in np.argwhere(self._pending(asked))]

    def _pending(self, asked: Mask) -> Mask:
        return asked & (self._high - self._low < _ONE)

    def _look(self, attack: "_Attack", aim: Vector) -> None:
        found = attack.farthest(aim)
        self._low = np.minimum(self._low, found)
        self._high = np.maximum(self._high, found)


def identities(month: Month) -> Iterator[tuple[Row, bool]]:
    """Everything that is known to hold: Σ factor × cell ≤ a constant (True: = a constant).

    The constant is what the true values give, for equalities; 0 for orders.
    """
    every = range(len(month.measures))
    for m in every:
        for g in range(len(month.geographies)):
            yield [((m, g, SOMATIC), 1), ((m, g, PSYCHIATRIC), 1), ((m, g, ALL), -1)], True
        for c in (SOMATIC, PSYCHIATRIC):
            yield [((m, g, c), 1) for g in month.municipalities], True
            if month.city is not None:
                yield [*(((m, g, c), 1) for g in month.districts), ((m, month.city, c), -1)], True
    for factors, is_equal in month.orders:
        for g in month.bounded:
            for c in (SOMATIC, PSYCHIATRIC):
                yield [((m, g, c), factor) for m, factor in factors], is_equal


class _Attack:
    """All tables that agree with what is shown."""

    def __init__(self, month: Month, hidden: Mask, known: list[tuple[Row, bool]]) -> None:
        self._truth = month.values.astype(np.float64)
        self._hidden = hidden
        has_zero = (hidden & (month.values == 0)).any(axis=(1, 2))
        low = np.broadcast_to(np.where(has_zero, 0.0, 1.0)[:, None, None], hidden.shape)[hidden]
        # far enough: what matters is whether a cell can move by one
        self._bounds = np.column_stack([low, self._truth[hidden] + _REACH])
        number = {(int(m), int(g), int(c)): n for n, (m, g, c) in enumerate(np.argwhere(hidden))}
        self._equal, self._order = _System(len(number)), _System(len(number))
        for row, is_equal in known:
            unknown = [(number[cell], factor) for cell, factor in row if cell in number]
            if unknown:
                # what is hidden adds up to what the truth leaves; an order leaves what is shown
                counted = [each for each in row if (each[0] in number) == is_equal]
                total = sum(factor * int(month.values[cell]) for cell, factor in counted)
                system = self._equal if is_equal else self._order
                system.add(unknown, total if is_equal else -total)

    def farthest(self, aim: Vector) -> Vector:
        """The table farthest against a direction; the true one if none is found."""
        found = linprog(
            aim[self._hidden],
            *self._order.given(),
            *self._equal.given(),
            bounds=self._bounds,
            method="highs",
        )
        table = self._truth.copy()
        if found.x is not None:
            table[self._hidden] = found.x
        return table


class _System:
    """Rows of a sparse system."""

    def __init__(self, unknowns: int) -> None:
        self._unknowns = unknowns
        self._factors: list[float] = []
        self._columns: list[int] = []
        self._starts = [0]
        self._right: list[float] = []

    def add(self, row: list[tuple[int, int]], right: int) -> None:
        for column, factor in row:
            self._columns.append(column)
            self._factors.append(factor)
        self._starts.append(len(self._columns))
        self._right.append(right)

    def given(self) -> tuple[csr_array | None, list[float] | None]:
        if not self._right:
            return None, None
        shape = len(self._right), self._unknowns
        return csr_array((self._factors, self._columns, self._starts), shape=shape), self._right
