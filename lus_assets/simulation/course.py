"""The course of a hospital episode: need, readiness, discharge, and the way back within days."""

import numpy as np

from lus_assets.simulation.arrivals import arrivals, time_of_admission
from lus_assets.simulation.clock import DAY, HOUR, MINUTE, NOON, existing, month_of, weekday
from lus_assets.simulation.columns import Array, Columns, concat, length, stream, take
from lus_assets.simulation.reference import hospitals, places

HSL, LPT, LRV = 0, 1, 2
BOTH, MUNICIPALITY, REGION, UNKNOWN = 0, 1, 2, -1
HOME, SPECIAL_HOUSING, TRANSFERRED, DECEASED, OTHER = 0, 1, 2, 3, 4

_NEEDS_SUPPORT = np.array([0.02, 0.075, 0.34, 0.61])  # somatic, by age group
_NEEDS_SUPPORT_PSYCHIATRIC = 0.35
_READMITTED = np.array([0.04, 0.05, 0.07, 0.07])  # without support, by age group
_READMITTED_SUPPORT = np.array([0.07, 0.09, 0.125, 0.13])
_LONGEST = 88 * DAY

_WAITING_SHARE = 0.31  # who waits at all, where the mean is 1.5 days
_MEAN_CORRECTION = 0.88  # the move from weekend to Monday adds days
_PSYCHIATRIC_DELAY = 2.5
_DELAY_BY_MONTH = np.array([1.18, 1.18, 1.12, 1.02, 0.96, 0.92, 0.86, 0.85, 0.93, 0.98, 1.05, 1.12])
_AFTER_WEEKEND = [0.5, 0.3, 0.2]  # Monday, Tuesday, Wednesday


def episodes(seed: int, first_day: int, last_day: int, homes: Array) -> Columns:
    """All episodes that are not over before the first day, by person and admission."""
    parts: list[Columns] = []
    coming = arrivals(seed, first_day, last_day, len(homes))
    for generation in range(6):
        rng = stream(seed, f"course {generation}")
        parts.append(_course(rng, coming | {"home": homes[coming["person"] % len(homes)]}))
        coming = _readmissions(rng, parts[-1], last_day)
        if length(coming) == 0:
            break
    everything = concat(parts)
    everything = take(everything, np.lexsort((everything["admitted"], everything["person"])))
    everything = _without_overlap(everything)
    return take(everything, everything["discharged"] >= first_day * DAY)


def _course(rng: np.random.Generator, coming: Columns) -> Columns:
    """What happens to each admitted patient."""
    size = length(coming)
    group, psychiatric = coming["group"], coming["psychiatric"]
    chance = np.where(psychiatric, _NEEDS_SUPPORT_PSYCHIATRIC, _NEEDS_SUPPORT[group])
    in_process = rng.random(size) < chance
    ready, day_zero = _ready(rng, coming, in_process)
    waited = _discharged_when_ready(rng, coming, ready, day_zero)
    simple = _discharged_without_need(rng, coming)
    discharged = np.minimum(
        np.where(in_process, waited, simple), coming["admitted"] // DAY * DAY + _LONGEST
    )
    legal = np.where(psychiatric, rng.choice(3, size, p=[0.7, 0.26, 0.04]), HSL)
    return coming | {
        "in_process": in_process,
        "hospital": _hospital(rng, coming),
        "legal": legal,
        "to_open": (legal != HSL) & (rng.random(size) < 0.3),
        "needs": rng.choice(3, size, p=[0.66, 0.26, 0.08]),
        "ready": ready,
        "discharged": existing(discharged),
        "discharge_type": _discharge_type(rng, group, in_process),
    }


def _ready(rng: np.random.Generator, coming: Columns, in_process: Array) -> tuple[Array, Array]:
    """When the ready notice goes out, mostly in the morning of a weekday; and day zero."""
    size = length(coming)
    median = np.where(coming["psychiatric"], 9.0, 4.6)
    days = np.clip(np.ceil(rng.lognormal(np.log(median), 0.75)), 2, 45).astype(np.int64)
    day = coming["admitted"] // DAY + days
    week = weekday(day)
    wait = (week >= 5) & (rng.random(size) < 0.65)
    day = day + np.where(wait, 7 - week + rng.choice(3, size, p=_AFTER_WEEKEND), 0)
    morning = rng.random(size) < 0.76
    early = np.minimum(rng.triangular(450, 625, 722, size), 719).astype(np.int64)
    late = np.minimum(720 + rng.exponential(75, size), 1050).astype(np.int64)
    minute = np.where(morning, early, late)
    ready = existing(day * DAY + minute * MINUTE)
    return ready, ready // DAY + (ready % DAY >= NOON)


def _delay(rng: np.random.Generator, coming: Columns, day_zero: Array) -> Array:
    """Ready days wanted: none for most, a few for some, weeks for a few."""
    size = length(coming)
    aim = places().mean_ready_days[coming["home"]] * _DELAY_BY_MONTH[month_of(day_zero) % 12]
    aim = aim * _MEAN_CORRECTION
    aim = aim * np.where(coming["psychiatric"], _PSYCHIATRIC_DELAY, 1.0)
    share = np.clip(_WAITING_SHARE * np.sqrt(aim / 1.5), 0.05, 0.7)
    mean = np.maximum(aim / share, 1.6)
    long = rng.random(size) < 0.15
    return np.where(
        rng.random(size) < share,
        np.minimum(rng.geometric(1 / np.where(long, 2.2 * mean, 0.79 * mean)), 38),
        0,
    )


def _discharged_when_ready(
    rng: np.random.Generator, coming: Columns, ready: Array, day_zero: Array
) -> Array:
    size = length(coming)
    days = _delay(rng, coming, day_zero)
    day = day_zero + days
    week = weekday(day)
    moved = (days > 0) & (week >= 5) & (rng.random(size) < 0.7)
    sooner = rng.random(size) < 0.4
    monday_on = 7 - week + rng.choice(3, size, p=_AFTER_WEEKEND)
    forward = np.where(sooner & (days > week - 4), 4 - week, monday_on)
    day = day + np.where(moved, forward, 0)
    same_evening = (days == 0) & (day > ready // DAY) & (rng.random(size) < 0.4)
    day = np.where(same_evening, ready // DAY, day)
    minute = rng.triangular(9 * 60, 13 * 60, 18 * 60, size).astype(np.int64)
    earliest = ready + 45 * MINUTE + rng.integers(0, 180, size) * MINUTE
    return np.maximum(day * DAY + minute * MINUTE, earliest)


def _discharged_without_need(rng: np.random.Generator, coming: Columns) -> Array:
    size = length(coming)
    median = np.where(coming["psychiatric"], 7.0, np.array([1.8, 1.9, 2.6, 3.2])[coming["group"]])
    length_of_stay = rng.lognormal(np.log(median), 0.8) * DAY
    day = (coming["admitted"] + length_of_stay.astype(np.int64)) // DAY
    week = weekday(day)
    away = (week >= 5) & (rng.random(size) < 0.35)
    day = day + np.where(away, 7 - week + rng.choice(3, size, p=_AFTER_WEEKEND), 0)
    minute = rng.triangular(9 * 60, 13 * 60, 19 * 60, size).astype(np.int64)
    return np.maximum(day * DAY + minute * MINUTE, coming["admitted"] + 3 * HOUR)


def _hospital(rng: np.random.Generator, coming: Columns) -> Array:
    """Acute or psychiatric; most go to the one their municipality usually goes to."""
    size = length(coming)
    acute, weight = hospitals().of("acute")
    nearest = acute[np.searchsorted(np.cumsum(weight), (coming["home"] * 0.618) % 1)]
    somatic = np.where(rng.random(size) < 0.5, nearest, rng.choice(acute, size, p=weight))
    clinic, share = hospitals().of("psychiatric")
    return np.where(coming["psychiatric"], rng.choice(clinic, size, p=share), somatic)


def _discharge_type(rng: np.random.Generator, group: Array, in_process: Array) -> Array:
    size = len(group)
    supported = rng.choice([HOME, SPECIAL_HOUSING, OTHER], size, p=[0.7, 0.23, 0.07])
    simple = rng.choice([HOME, OTHER], size, p=[0.95, 0.05])
    died = rng.random(size) < np.array([0.002, 0.008, 0.03, 0.06])[group] * np.where(
        in_process, 0.5, 1.0
    )
    return np.where(died, DECEASED, np.where(in_process, supported, simple))


def _readmissions(rng: np.random.Generator, episode: Columns, last_day: int) -> Columns:
    """Those who come back unplanned within seven days, as new arrivals."""
    size = length(episode)
    group = episode["group"]
    chance = np.where(episode["in_process"], _READMITTED_SUPPORT[group], _READMITTED[group])
    back = (rng.random(size) < chance) & (episode["discharge_type"] != DECEASED)
    gap = np.minimum(rng.exponential(3.0, size).astype(np.int64), 7)
    clock = time_of_admission(rng, np.zeros(size, bool))
    again = (episode["discharged"] // DAY + gap) * DAY + clock
    again = existing(np.maximum(again, episode["discharged"] + 3 * HOUR))
    back &= again // DAY <= last_day
    coming = {name: episode[name] for name in ("person", "group", "psychiatric")}
    coming |= {"admitted": again, "planned": np.zeros(size, bool)}
    return take(coming, back)


def _without_overlap(episode: Columns) -> Columns:
    """Nobody is in two beds: what begins before the person's last discharge did not happen."""
    person = np.unique(episode["person"], return_inverse=True)[1].astype(np.int64)
    died = episode["discharge_type"] == DECEASED
    ends = np.maximum.accumulate(person * 2**34 + episode["discharged"] + died * 2**33)
    begins = person * 2**34 + episode["admitted"]
    return take(episode, begins > np.r_[0, ends[:-1]] + 2 * HOUR)
