"""Which suppressed cells can be worked out after all: linear programming over all that is shown.

A cell counts as recovered when no two tables that agree with everything shown differ by one there.
The bounds are the attacker's best ones: a suppressed cell is at least 1, unless a zero of the same
measure had to be suppressed too.
"""

from collections.abc import Iterator

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack

from lus_assets.statistics.cells import ALL, PSYCHIATRIC, SOMATIC, Cell, Mask, Month

_DIRECTIONS = 8
_REACH = 50.0
_ONE = 1 - 1e-6
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
        self._generator = np.random.default_rng(0)

    def fixed(self, hidden: Mask) -> list[Cell]:
        """The suppressed cells that have one value only, each asked for by itself."""
        attack = _Attack(self._month, hidden, self._known)
        for cell in self.recovered(hidden):
            for sign in (1.0, -1.0):
                aim = np.zeros(hidden.shape)
                aim[cell] = sign
                self._look(attack, aim)
        return [(int(m), int(g), int(c)) for m, g, c in np.argwhere(self._pending(hidden))]

    def recovered(self, hidden: Mask, of: Mask | None = None) -> list[Cell]:
        """The suppressed cells that may be recovered, in the order of the array.

        None is missed; a few may be named that a longer search would find to be safe.
        of: look at these only, by default at all.
        """
        asked = hidden if of is None else hidden & of
        attack = _Attack(self._month, hidden, self._known)
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


class _Known:
    """`identities` as sparse systems, a column per cell of the month in the order of the array."""

    def __init__(self, month: Month) -> None:
        shape = month.values.shape
        rows: dict[bool, list[Row]] = {True: [], False: []}
        for row, is_equal in identities(month):
            rows[is_equal].append(row)
        self.equal, self.order = (_system(rows[kind], shape) for kind in (True, False))


def _system(rows: list[Row], shape: tuple[int, ...]) -> csr_array:
    cells = [cell for row in rows for cell, _ in row]
    columns = np.ravel_multi_index(tuple(np.array(cells, dtype=np.int64).reshape(-1, 3).T), shape)
    factors = np.array([factor for row in rows for _, factor in row], dtype=np.float64)
    starts = np.cumsum([0, *map(len, rows)])
    return csr_array((factors, columns, starts), shape=(len(rows), int(np.prod(shape))))


class _Attack:
    """All tables that agree with what is shown, as one linear program.

    Only its aim changes from question to question, so that each starts where the last one ended
    (primal simplex; a county's month in a third of the time of programs solved from nothing).
    """

    def __init__(self, month: Month, hidden: Mask, known: _Known) -> None:
        self._truth = month.values.astype(np.float64)
        self._hidden = hidden
        self._solver = highspy.Highs()
        for option, value in (("output_flag", False), ("threads", 1), *_PRIMAL_SIMPLEX):
            self._solver.setOptionValue(option, value)
        self._solver.passModel(self._program(known))

    def _program(self, known: _Known) -> highspy.HighsLp:
        hidden, truth = self._hidden.ravel(), self._truth[self._hidden]
        equal, order = known.equal[:, hidden], known.order[:, hidden]
        # what is hidden adds up to what the truth leaves; an order leaves what is shown
        sums, room = equal @ truth, order @ truth - known.order @ self._truth.ravel()
        system = csr_array(vstack([equal, order]))
        has_zero = (self._hidden & (self._truth == 0)).any(axis=(1, 2))
        low = np.broadcast_to(np.where(has_zero, 0.0, 1.0)[:, None, None], self._hidden.shape)
        program = highspy.HighsLp()
        program.num_col_, program.num_row_ = truth.size, sums.size + room.size
        program.col_cost_ = np.zeros(truth.size)
        program.col_lower_ = low[self._hidden]
        # far enough: what matters is whether a cell can move by one
        program.col_upper_ = truth + _REACH
        program.row_lower_ = np.concatenate([sums, np.full(room.size, -highspy.kHighsInf)])
        program.row_upper_ = np.concatenate([sums, room])
        program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        program.a_matrix_.start_ = np.asarray(system.indptr, dtype=np.int32)
        program.a_matrix_.index_ = np.asarray(system.indices, dtype=np.int32)
        program.a_matrix_.value_ = np.asarray(system.data, dtype=np.float64)
        return program

    def farthest(self, aim: Vector) -> Vector:
        """The table farthest against a direction; the true one if none is found."""
        table = self._truth.copy()
        costs = aim[self._hidden]
        self._solver.changeColsCost(costs.size, np.arange(costs.size, dtype=np.int32), costs)
        self._solver.run()
        if self._solver.getModelStatus() == highspy.HighsModelStatus.kOptimal:
            table[self._hidden] = self._solver.getSolution().col_value
        return table
