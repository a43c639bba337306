"""From a population and a period to a landing area: the generator's one entry."""

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow.parquet as pq

from lus_assets.core.errors import LusError
from lus_assets.simulation import happenings, truth
from lus_assets.simulation.clock import DAY, day_number
from lus_assets.simulation.columns import Columns, Table, length, take
from lus_assets.simulation.course import episodes
from lus_assets.simulation.delivery import deliver
from lus_assets.simulation.feeds import (
    Feed,
    dispute_feed,
    message_feed,
    person_feed,
    placement_feed,
    stay_feed,
)
from lus_assets.simulation.messages import messages
from lus_assets.simulation.people import homes, people
from lus_assets.simulation.process import plan
from lus_assets.simulation.rates import FaultRates
from lus_assets.simulation.row_faults import choose

TRUTH = "_truth"
_EARLIEST = date(2010, 1, 1)
_FEWEST = 1000


@dataclass(frozen=True)
class SimulationReport:
    """What was written: counts, no person's data."""

    out: Path
    days: int
    rows: dict[str, int]
    """Per feed, extra and broken rows included."""
    stays: int
    """Stays that began in the period."""
    episodes_in_process: int
    """Rows of the truth: in the discharge process, begun before the last day's end."""
    faults: dict[str, int]


def simulate(  # noqa: PLR0913 - the command's options, all but three by name
    out: Path,
    first_day: date,
    last_day: date,
    *,
    population: int = 2_400_000,
    seed: int = 1,
    faults: FaultRates | None = None,
    fmt: Literal["csv", "parquet"] = "csv",
    progress: Callable[[str], None] | None = None,
) -> SimulationReport:
    """Write five feeds' daily files from the first to the last day, and the truth beside them.

    The same arguments give the same bytes on any host, on any day. Another period with the same
    seed is another county: its overlapping days need not agree. The county is Stockholm-shaped at
    any population. `out` must not exist or be empty; it appears whole or not at all.
    """
    _refuse_non_empty(out)
    _refuse_arguments(first_day, last_day, population, seed)
    out.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        aside.chmod(0o755)
        county = _County(
            day_number(first_day), day_number(last_day), population, seed, faults or FaultRates()
        )
        report = county.write(aside, out, fmt, progress)
        aside.replace(out)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return report


def _refuse_non_empty(out: Path) -> None:
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise LusError(
            "the folder for the simulated landing area is not empty",
            where=str(out),
            todo="name a new folder, or remove this one",
        )


def _refuse_arguments(first_day: date, last_day: date, population: int, seed: int) -> None:
    wrong = (
        ("the last day lies before the first", "period", last_day < first_day),
        (f"the period begins before {_EARLIEST}", "period", first_day < _EARLIEST),
        (f"fewer than {_FEWEST} inhabitants", "population", population < _FEWEST),
        ("the seed is negative", "seed", seed < 0),
    )
    for what, where, is_wrong in wrong:
        if is_wrong:
            raise LusError(what, where=where, todo="correct the argument and run again")


class _County:
    """One simulated period, all of it as numbers; text is made while writing."""

    def __init__(
        self, first_day: int, last_day: int, population: int, seed: int, rates: FaultRates
    ) -> None:
        self.first_day, self.last_day = first_day, last_day
        self.seed, self.rates = seed, rates
        self.end = (last_day + 1) * DAY
        episode = episodes(seed, first_day, last_day, homes(seed, population))
        _, at, episode["who"] = np.unique(episode["person"], return_index=True, return_inverse=True)
        self.who = people(seed, take(episode, at), first_day, last_day, rates)
        self.episode, self.fault = plan(seed, episode, rates)
        self.episode["readmitted"] = truth.readmitted(self.episode)
        facts, self.finding = truth.judged(self.episode, self.fault, self.who, self.end)
        self.stay, self.position = happenings.stays(self.episode)
        self.episode |= facts | {"first_stay": self.stay["id"][self.position[0]]}

    def feeds(self, fmt: str) -> list[Feed]:
        """All rows, with their faults, in the order of delivery."""
        rates = replace(self.rates, not_csv=0.0) if fmt == "parquet" else self.rates
        stay_row = happenings.stay_rows(self.seed, self.stay, self.first_day, self.last_day)
        person_row = happenings.person_rows(self.who, stay_row, self.last_day)
        sent = messages(self.seed, self.episode, self.fault, self.end)
        rows = {
            "stays": stay_row,
            "messages": happenings.message_rows(
                sent, self.episode, self.stay, self.position, self.first_day
            ),
            "persons": person_row,
            "placements": happenings.placement_rows(self.who, person_row),
            "disputes": self._disputes(),
        }
        chosen = {
            name: choose(self.seed, name, values, rates, self.last_day)
            for name, values in rows.items()
        }
        return [
            stay_feed(self.who, chosen["stays"]),
            message_feed(self.who, chosen["messages"]),
            person_feed(self.who, chosen["persons"]),
            placement_feed(self.who, chosen["placements"]),
            dispute_feed(chosen["disputes"]),
        ]

    def _disputes(self) -> Columns:
        """Disputes of what would cost; an upheld one becomes a finding."""
        costs = truth.billable(self.episode, self.finding) & (self.episode["ready_days"] > 0)
        costing = {
            "discharged": self.episode["discharged"][costs],
            "municipality": self.episode["municipality"][costs],
            "stay": self.episode["first_stay"][costs],
            "episode": np.flatnonzero(costs),
        }
        rows, settled = happenings.dispute_rows(self.seed, costing, self.rates, self.last_day)
        for name, which in settled.items():
            self.fault[name] = np.zeros(length(self.episode), bool)
            self.fault[name][which] = True
        self.finding["DISPUTE_UPHELD"] = self.fault["dispute_upheld"]
        return rows

    def write(
        self, aside: Path, out: Path, fmt: str, progress: Callable[[str], None] | None
    ) -> SimulationReport:
        """Every file below `aside`."""
        feeds = self.feeds(fmt)
        period = range(self.first_day, self.last_day + 1)
        noted = [deliver(aside, feed, period, fmt, progress) for feed in feeds]
        rows = [feed.rows for feed in feeds]
        meant = truth.episode_table(self.episode, self.finding, self.fault, rows, self.end)
        planted = truth.fault_table(noted, self.episode, self.fault, self.end)
        (aside / TRUTH).mkdir()
        pq.write_table(meant, aside / TRUTH / "episodes.parquet")
        pq.write_table(planted, aside / TRUTH / "faults.parquet")
        in_period = self.stay["admitted"] // DAY
        in_period = (in_period >= self.first_day) & (in_period <= self.last_day)
        return SimulationReport(
            out=out,
            days=self.last_day - self.first_day + 1,
            rows={f.name: length(f.rows) for f in feeds},
            stays=int(in_period.sum()),
            episodes_in_process=meant.num_rows,
            faults=_counts(planted),
        )


def _counts(planted: Table) -> dict[str, int]:
    counted = planted.group_by("fault").aggregate([("fault", "count")])
    return dict(
        sorted(zip(counted["fault"].to_pylist(), counted["fault_count"].to_pylist(), strict=True))
    )
