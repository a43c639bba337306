"""Who comes to hospital on which day: seasons, weekdays, ages."""

import numpy as np

from lus_assets.simulation.clock import DAY, HOUR, MINUTE, existing, month_of, weekday
from lus_assets.simulation.columns import Array, Columns, stream

WARM_UP_DAYS = 90
"""Admissions start so long before the first day; nobody stays longer than that."""

STAYS_PER_INHABITANT_YEAR = 0.1019
"""First admissions; readmissions and transfers bring it to 270,000 stays of 2.4 million."""

_MONTH_FACTOR = np.array([1.09, 1.08, 1.05, 1.0, 0.98, 0.95, 0.85, 0.91, 0.99, 1.02, 1.03, 1.05])
_UNPLANNED_WEEKDAY = np.array([1.07, 1.03, 1.01, 1.0, 1.02, 0.94, 0.93])
_PLANNED_WEEKDAY = np.array([1.45, 1.45, 1.4, 1.35, 0.95, 0.1, 0.3])
_PLANNED_SHARE = 0.22
_PSYCHIATRIC_SHARE = 0.08

GROUPS = ("0-17", "18-64", "65-79", "80+")
_GROUP_INHABITANTS = np.array([0.215, 0.625, 0.118, 0.042])
_GROUP_OF_STAYS = {
    "somatic": np.array([0.09, 0.38, 0.30, 0.23]),
    "psychiatric": np.array([0.07, 0.72, 0.15, 0.06]),
}


def arrivals(seed: int, first_day: int, last_day: int, population: int) -> Columns:
    """First admissions from the warm-up to the last day: person, group, admitted and kind."""
    rng = stream(seed, "arrivals")
    days = np.arange(first_day - WARM_UP_DAYS, last_day + 1)
    busy = population * STAYS_PER_INHABITANT_YEAR / 365.25 * _MONTH_FACTOR[month_of(days) % 12]
    week = weekday(days)
    planned = rng.poisson(busy * _PLANNED_SHARE * _PLANNED_WEEKDAY[week])
    unplanned = rng.poisson(busy * (1 - _PLANNED_SHARE) * _UNPLANNED_WEEKDAY[week])
    day = np.concatenate([np.repeat(days, planned), np.repeat(days, unplanned)])
    is_planned = np.arange(len(day)) < planned.sum()
    psychiatric = rng.random(len(day)) < _PSYCHIATRIC_SHARE
    group = np.where(
        psychiatric,
        rng.choice(len(GROUPS), len(day), p=_GROUP_OF_STAYS["psychiatric"]),
        rng.choice(len(GROUPS), len(day), p=_GROUP_OF_STAYS["somatic"]),
    )
    sizes = np.maximum(1, (population * _GROUP_INHABITANTS).astype(np.int64))
    starts = np.r_[0, np.cumsum(sizes)[:-1]]
    return {
        "person": starts[group] + (rng.random(len(day)) * sizes[group]).astype(np.int64),
        "group": group,
        "admitted": existing(day * DAY + time_of_admission(rng, is_planned)),
        "planned": is_planned,
        "psychiatric": psychiatric,
    }


def time_of_admission(rng: np.random.Generator, planned: Array) -> Array:
    """Seconds after midnight, whole minutes: planned at seven to eleven, others all day round."""
    size = len(planned)
    night = rng.random(size) < 0.18
    acute = np.where(night, rng.integers(0, 24 * 60, size), rng.triangular(480, 900, 1430, size))
    minutes = np.where(planned, rng.integers(7 * 60, 11 * 60, size), acute)
    return minutes.astype(np.int64) * MINUTE % (24 * HOUR)
