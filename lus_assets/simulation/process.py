"""Which process faults hit which episode, and the moments that follow from them."""

import numpy as np

from lus_assets.simulation.clock import DAY, HOUR, MINUTE, NOON, existing, office
from lus_assets.simulation.columns import NONE, Array, Columns, length, stream
from lus_assets.simulation.course import BOTH, DECEASED, TRANSFERRED
from lus_assets.simulation.rates import FaultRates
from lus_assets.simulation.reference import hospitals

HABIT_OF = {
    "missing_sip_call": "sip",
    "late_sip_call": "sip",
    "missing_contact": "contact",
    "missing_admission_notice": "notice",
    "late_admission_notice": "notice",
    "missing_ready_notice": "notice",
    "missing_receipt": "receipt",
}

EPISODE_FAULTS = (
    *HABIT_OF,
    "missing_needs",
    "declined",
    "services_unavailable",
    "missing_care_plan",
    "withdrawn",
    "withdrawn_for_good",
    "cancelled",
    "cancellation_cancelled",
    "notice_by_mistake",
    "transferred",
    "transfer_without_successor",
)

_GAP_AFTER_LAST = 48 * HOUR  # more than the 24 h in which stays are linked


def plan(seed: int, episode: Columns, rates: FaultRates) -> tuple[Columns, Columns]:
    """Episodes with their stays' and notices' moments, and one mask per episode fault."""
    rng = stream(seed, "process")
    fault = _faults(rng, episode, rates)
    episode = episode | _stays(rng, episode, fault)
    last_type = np.where(
        fault["transfer_without_successor"], TRANSFERRED, episode["discharge_type"]
    )
    episode = episode | {"discharge_type": last_type}
    told = episode["in_process"] & (rng.random(length(episode)) < 0.85)
    episode |= {
        "needs_in_notice": told & ~fault["missing_needs"] & ~fault["missing_admission_notice"],
        "contact_after": fault["missing_contact"] & (rng.random(length(episode)) < 0.33),
    }
    return episode | _notices(rng, episode, fault), fault


def _faults(rng: np.random.Generator, episode: Columns, rates: FaultRates) -> Columns:
    """Masks; what excludes another fault of the same step is settled here."""
    process = episode["in_process"]
    both = process & (episode["needs"] == BOTH)
    sip = both & ~episode["to_open"]
    possible = dict.fromkeys(EPISODE_FAULTS, process) | {
        "missing_sip_call": sip,
        "late_sip_call": sip,
        "missing_contact": both,
        "missing_care_plan": process & episode["to_open"],
        "notice_by_mistake": ~process & (episode["discharged"] > episode["admitted"] + DAY),
        "transfer_without_successor": _alone(episode) & (episode["discharge_type"] != DECEASED),
    }
    fault: Columns = {}
    for name in EPISODE_FAULTS:
        rate = np.full(length(episode), getattr(rates, name))
        if name in HABIT_OF:
            rate = rate * hospitals().habits[HABIT_OF[name]][episode["hospital"]]
        fault[name] = possible[name] & (rng.random(length(episode)) < np.minimum(rate, 0.95))
    for name, instead in (
        ("late_sip_call", "missing_sip_call"),
        ("late_admission_notice", "missing_admission_notice"),
        ("withdrawn", "missing_ready_notice"),
        ("withdrawn_for_good", "missing_ready_notice"),
        ("withdrawn_for_good", "withdrawn"),
        ("cancelled", "missing_ready_notice"),
        ("cancelled", "withdrawn"),
        ("cancellation_cancelled", "missing_ready_notice"),
        ("cancellation_cancelled", "cancelled"),
        ("transfer_without_successor", "transferred"),
    ):
        fault[name] &= ~fault[instead]
    return fault


def _alone(episode: Columns) -> Array:
    """In the process, and the same person's next stay is not within the time of linking."""
    same = np.r_[episode["person"][1:] == episode["person"][:-1], False]
    gap = np.r_[episode["admitted"][1:], 0] - episode["discharged"]
    return episode["in_process"] & ~(same & (gap < _GAP_AFTER_LAST))


def _stays(rng: np.random.Generator, episode: Columns, fault: Columns) -> Columns:
    """When each of up to three stays ends and the next begins, and where."""
    size = length(episode)
    admitted, ready, discharged = episode["admitted"], episode["ready"], episode["discharged"]
    three = fault["transferred"] & (rng.random(size) < 0.15)
    after_ready = fault["transferred"] & ~three & (discharged - ready > 36 * HOUR)
    after_ready &= rng.random(size) < 0.3
    start = np.where(after_ready, ready + HOUR, admitted)
    span = np.where(after_ready, discharged - ready - 6 * HOUR, ready - admitted)
    first_out = start + (span * (0.25 + 0.25 * rng.random(size))).astype(np.int64)
    second_out = start + (span * (0.65 + 0.15 * rng.random(size))).astype(np.int64)
    on_the_way = rng.integers(0, 4, size) * 40 * MINUTE  # often none: in and out at the same minute
    geriatric, share = hospitals().of("geriatric")
    onward = np.where(
        episode["psychiatric"], episode["hospital"], rng.choice(geriatric, size, p=share)
    )

    def minute(times: Array, wanted: Array) -> Array:
        return np.where(wanted, existing(times // MINUTE * MINUTE), NONE)

    chained = fault["transferred"]
    in2 = np.minimum(first_out + on_the_way, second_out - HOUR)
    return {
        "stays": 1 + chained + three,
        "out1": minute(np.minimum(first_out, in2), chained),
        "in2": minute(in2, chained),
        "out2": minute(second_out, three),
        "in3": minute(second_out + np.minimum(on_the_way, HOUR), three),
        "hospital2": onward,
        "hospital3": np.where(three, np.roll(onward, 1), onward),
    }


def _notices(rng: np.random.Generator, episode: Columns, fault: Columns) -> Columns:
    """Ready notices that did not stand before the one that does, and the days that follow."""
    size = length(episode)
    admitted, ready, discharged = episode["admitted"], episode["ready"], episode["discharged"]
    process = episode["in_process"]
    span = ready - admitted
    mistaken = office(admitted + (span * (0.35 + 0.2 * rng.random(size))).astype(np.int64))
    mistaken = np.clip(mistaken, admitted + 2 * HOUR, ready - 4 * HOUR)
    undone = office(mistaken + ((ready - mistaken) * rng.random(size) * 0.8).astype(np.int64))
    undone = np.clip(undone, mistaken + 5 * MINUTE, ready - 2 * HOUR)
    for_good = ready + np.maximum(
        10 * MINUTE, ((discharged - ready) * (0.2 + 0.5 * rng.random(size))).astype(np.int64)
    )
    earlier = fault["withdrawn"] | fault["cancelled"]
    standing = process & ~fault["missing_ready_notice"] & ~fault["withdrawn_for_good"]
    withdrawn_from = np.where(fault["withdrawn"], mistaken, ready)
    withdrawn_to = np.where(fault["withdrawn"], undone, for_good)
    withdrawn = fault["withdrawn"] | fault["withdrawn_for_good"]
    return {
        "earlier_ready": np.where(earlier, existing(mistaken), NONE),
        "undone": np.where(earlier, existing(undone), np.where(withdrawn, for_good, NONE)),
        "standing": standing,
        "ready_days": np.where(process, days_between(ready, discharged), 0),
        "withdrawn_days": np.where(withdrawn, days_between(withdrawn_from, withdrawn_to), 0),
    }


def days_between(notice: Array, end: Array) -> Array:
    """Calendar days from day zero (noon or later: the next day) to the end, never below 0."""
    return np.maximum(0, end // DAY - (notice // DAY + (notice % DAY >= NOON)))
