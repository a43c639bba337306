"""Which suppressed cells can be worked out after all: linear programming over all that is shown.

A cell counts as recovered when no two tables that agree with everything shown differ by one there.
The bounds are the attacker's best ones: a suppressed cell is at least 1, unless a zero of the same
measure had to be suppressed too.
"""

from collections.abc import Iterator
from functools import lru_cache

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from lus_assets.statistics.cells import (
    ALL,
    BEYOND_FREE,
    CARE_TYPES,
    EQUAL,
    PSYCHIATRIC,
    SOMATIC,
    Cell,
    Mask,
    Month,
)

_DIRECTIONS = 8
_REACH = 50.0
_ONE = 1 - 1e-6
_STILL = 1e-6
"""An aim whose two ends are no farther apart than this has one end: the solver's tolerance."""
_PRIMAL_SIMPLEX = (("presolve", "off"), ("solver", "simplex"), ("simplex_strategy", 4))
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
        self._known = _Known(month)
        self._last: _Attack | None = None
        self._generator = np.random.default_rng(0)

    def fixed(self, hidden: Mask) -> list[Cell]:
        """The suppressed cells that have one value only."""
        attack = self._attack(hidden)
        if not self._search(attack, hidden):
            for cell in self._cells(hidden):
                aim = np.zeros(hidden.shape)
                aim[cell] = 1.0
                self._look(attack, aim)
        return self._cells(hidden)

    def recovered(self, hidden: Mask, of: Mask) -> list[Cell]:
        """The suppressed cells among `of` that may be recovered, in the order of the array.

        None is missed; a few may be named that a longer search would find to be safe.
        """
        asked = hidden & of
        self._search(self._attack(hidden), asked)
        return self._cells(asked)

    def _attack(self, hidden: Mask) -> "_Attack":
        """The last one, if it is on the same cells; else one that starts where the last ended."""
        if self._last is None or not np.array_equal(self._last.hidden, hidden):
            self._last = _Attack(self._month, hidden.copy(), self._known, self._last)
        return self._last

    def _search(self, attack: "_Attack", asked: Mask) -> bool:
        """Look in random directions, in which no moves cancel out, until nothing is left to find.

        True: what is left of `asked` cannot move at all.
        """
        for _ in range(_DIRECTIONS):
            pending = self._pending(asked)
            size = int(pending.sum())
            aim = np.zeros(asked.shape)
            signs = self._generator.choice([-1.0, 1.0], size)
            aim[pending] = signs * self._generator.uniform(1, 2, size)
            if size == 0 or not self._look(attack, aim):
                return True
        return False

    def _cells(self, asked: Mask) -> list[Cell]:
        return [(int(m), int(g), int(c)) for m, g, c in np.argwhere(self._pending(asked))]

    def _pending(self, asked: Mask) -> Mask:
        return asked & (self._high - self._low < _ONE)

    def _look(self, attack: "_Attack", aim: Vector) -> bool:
        """Look both ways; False: no cell that is aimed at can be other than it is."""
        ends = attack.farthest(aim), attack.farthest(-aim)
        found = [end for end in ends if end is not None]
        self._low = np.min([self._low, *found], axis=0)
        self._high = np.max([self._high, *found], axis=0)
        apart = np.sum(aim * (found[0] - found[-1])) if len(found) == len(ends) else np.inf
        return bool(abs(apart) > _STILL)


def identities(month: Month) -> Iterator[tuple[Row, str]]:
    """All that is known to hold: factors of cells, and EQUAL, AT_MOST or BEYOND_FREE of them."""
    every = range(len(month.measures))
    for m in every:
        for g in range(len(month.geographies)):
            yield [((m, g, SOMATIC), 1), ((m, g, PSYCHIATRIC), 1), ((m, g, ALL), -1)], EQUAL
        for c in (SOMATIC, PSYCHIATRIC):
            yield [((m, g, c), 1) for g in month.municipalities], EQUAL
            if month.city is not None:
                yield [*(((m, g, c), 1) for g in month.districts), ((m, month.city, c), -1)], EQUAL
    for factors, kind in month.orders:
        for g in month.bounded:
            for c in (SOMATIC, PSYCHIATRIC):
                yield [((m, g, c), factor) for m, factor in factors], kind


class _Known:
    """`identities` as a sparse system: a column per cell of the month in the order of the array.

    room: what the truth leaves of each order; 0 for sums.
    """

    def __init__(self, month: Month) -> None:
        self.system, kinds, first = _system(month.measures, month.contained_in, month.geographies)
        self.is_equal = kinds == EQUAL
        values = month.values.ravel()
        self.room = np.where(self.is_equal, 0.0, -(self.system @ values))
        _, geography, care_type = np.unravel_index(first, month.values.shape)
        free_days = month.free_days[geography, care_type]
        of_liable = kinds == BEYOND_FREE
        self.room[of_liable] -= free_days[of_liable] - 1
        self.room[of_liable & ((values[first] == 0) | (free_days == 0))] = highspy.kHighsInf


@lru_cache(maxsize=4)
def _system(
    measures: tuple[str, ...],
    contained_in: tuple[str, ...],
    geographies: tuple[tuple[str, str], ...],
) -> tuple[csr_array, NDArray[np.str_], NDArray[np.int64]]:
    """A row per identity, its kind and its first cell: the same for all months of the same
    figures."""
    shape = len(measures), len(geographies), len(CARE_TYPES)
    nothing = np.zeros(shape, dtype=np.int64)
    month = Month(measures, contained_in, geographies, nothing, nothing[0])
    rows = list(identities(month))
    cells = [cell for row, _ in rows for cell, _ in row]
    where = tuple(np.array(cells, dtype=np.int64).reshape(-1, 3).T)
    columns = np.ravel_multi_index(where, shape)
    factors = np.array([factor for row, _ in rows for _, factor in row], dtype=np.float64)
    starts = np.cumsum([0, *(len(row) for row, _ in rows)])
    system = csr_array((factors, columns, starts), shape=(len(rows), month.values.size))
    return system, np.array([kind for _, kind in rows]), columns[starts[:-1]]


class _Attack:
    """All tables that agree with what is shown, as one linear program.

    Only its aim changes from question to question, so that each starts where the last one ended
    (primal simplex).
    """

    def __init__(
        self, month: Month, hidden: Mask, known: _Known, last: "_Attack | None" = None
    ) -> None:
        """last: an attack on fewer cells, to start from where it ended."""
        self.hidden = hidden
        self._truth = month.values.astype(np.float64)
        self._columns = np.flatnonzero(hidden)
        system = known.system[:, self._columns]
        self._rows = np.flatnonzero(np.diff(system.indptr))
        self._solver = highspy.Highs()
        for option, value in (("output_flag", False), ("threads", 1), *_PRIMAL_SIMPLEX):
            self._solver.setOptionValue(option, value)
        self._solver.passModel(self._program(known, system[self._rows]))
        if last is not None:
            self._solver.setBasis(self._basis(last))

    def _program(self, known: _Known, system: csr_array) -> highspy.HighsLp:
        truth = self._truth[self.hidden]
        # what is hidden adds up to what the truth leaves; an order leaves what is shown
        most = system @ truth + known.room[self._rows]
        has_zero = (self.hidden & (self._truth == 0)).any(axis=(1, 2))
        low = np.broadcast_to(np.where(has_zero, 0.0, 1.0)[:, None, None], self.hidden.shape)
        program = highspy.HighsLp()
        program.num_col_, program.num_row_ = truth.size, most.size
        program.col_cost_ = np.zeros(truth.size)
        program.col_lower_ = low[self.hidden]
        # far enough: what matters is whether a cell can move by one
        program.col_upper_ = truth + _REACH
        program.row_lower_ = np.where(known.is_equal[self._rows], most, -highspy.kHighsInf)
        program.row_upper_ = most
        program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        program.a_matrix_.start_ = np.asarray(system.indptr, dtype=np.int32)
        program.a_matrix_.index_ = np.asarray(system.indices, dtype=np.int32)
        program.a_matrix_.value_ = np.asarray(system.data, dtype=np.float64)
        return program

    def _basis(self, last: "_Attack") -> highspy.HighsBasis:
        """Where the last one ended; cells that are new stand at their least."""
        basis = last._solver.getBasis()
        columns = dict(zip(last._columns.tolist(), basis.col_status, strict=True))
        rows = dict(zip(last._rows.tolist(), basis.row_status, strict=True))
        least, free = highspy.HighsBasisStatus.kLower, highspy.HighsBasisStatus.kBasic
        basis.col_status = [columns.get(number, least) for number in self._columns.tolist()]
        basis.row_status = [rows.get(number, free) for number in self._rows.tolist()]
        return basis

    def farthest(self, aim: Vector) -> Vector | None:
        """The table farthest against a direction; None if the solver finds none."""
        costs = aim[self.hidden]
        self._solver.changeColsCost(costs.size, np.arange(costs.size, dtype=np.int32), costs)
        self._solver.run()
        if self._solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        table = self._truth.copy()
        table[self.hidden] = self._solver.getSolution().col_value
        return table
