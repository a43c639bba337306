"""The messages of every episode, in the order they are sent."""

import numpy as np

from lus_assets.simulation.clock import DAY, HOUR, MINUTE, NOON, STYLES, existing, office
from lus_assets.simulation.columns import NONE, Array, Columns, concat, length, stream, take
from lus_assets.simulation.course import BOTH, UNKNOWN
from lus_assets.simulation.reference import hospitals

TYPES = (
    "admission_notice",
    "planned_discharge_changed",
    "permanent_contact_named",
    "sip_call",
    "ready_notice",
    "ready_withdrawn",
    "care_plan_drawn_up",
    "consent",
    "outpatient_services",
    "receipt",
    "discharge_information",
    "cancellation",
)
ROLES = ("inpatient", "outpatient", "municipality")
INPATIENT, OUTPATIENT, MUNICIPALITY = 0, 1, 2
STATUSES = ("given", "declined", "available", "unavailable", "unclear")


class Outbox:
    """Collects messages; a message's position is what others refer to."""

    def __init__(self, rng: np.random.Generator) -> None:
        """Empty; `rng` is what all messages are drawn with."""
        self.rng = rng
        self.size = 0
        self.parts: list[Columns] = []

    def send(
        self, kind: str, episode: Array, sent: Array, role: int = INPATIENT, **more: Array
    ) -> Array:
        """One message per episode number; returns their positions."""
        size = len(episode)
        self.parts.append(
            {
                "type": np.full(size, TYPES.index(kind), np.int8),
                "role": np.full(size, role, np.int8),
                "episode": episode,
                "sent": existing(sent // MINUTE * MINUTE),
                "needs": more.get("needs", np.full(size, UNKNOWN)).astype(np.int8),
                "assessed": more.get("assessed", np.full(size, NONE)),
                "planned_discharge": more.get("planned_discharge", np.full(size, NONE)),
                "status": more.get("status", np.full(size, -1)).astype(np.int8),
                "refers": more.get("refers", np.full(size, -1)),
                "cancels": more.get("cancels", np.full(size, -1)),
            }
        )
        self.size += size
        return np.arange(self.size - size, self.size)


def messages(seed: int, episode: Columns, fault: Columns, end: int) -> Columns:
    """All messages sent before `end`, sorted by time, with positions in refers and cancels."""
    out = Outbox(stream(seed, "messages"))
    rows = np.flatnonzero(episode["in_process"])
    one = take(episode, rows)
    hit = take(fault, rows)
    _admission(out, rows, one, hit)
    _planning(out, rows, one, hit)
    _readiness(out, rows, one, hit)
    _sip(out, rows, one, hit)
    _leaving(out, rows, one, hit)
    _mistakes(out, np.flatnonzero(fault["notice_by_mistake"]), episode)
    sent = concat(out.parts)
    return _in_order(out.rng, sent, episode, end)


def _between(rng: np.random.Generator, start: Array, end: Array) -> Array:
    """A moment in office hours, but never outside the two."""
    moment = start + (rng.random(len(start)) * np.maximum(end - start, 0)).astype(np.int64)
    return np.clip(office(moment), start, np.maximum(start, end))


def _admission(out: Outbox, rows: Array, one: Columns, hit: Columns) -> None:
    """The admission notice, on need found at once or later, and its receipt."""
    size, rng = len(rows), out.rng
    admitted, ready = one["admitted"], one["ready"]
    later = (rng.random(size) < 0.15) & ~hit["late_admission_notice"]
    found = admitted + ((ready - admitted) * 0.5 * rng.random(size)).astype(np.int64)
    found = np.where(later, found // MINUTE * MINUTE, admitted)
    soon = found + (rng.triangular(20, 120, 1380, size) * MINUTE).astype(np.int64)
    soon = np.minimum(soon, np.maximum(found, ready - 30 * MINUTE))
    late = admitted + 25 * HOUR + rng.integers(0, 330, size) * MINUTE
    sent = np.where(hit["late_admission_notice"], late, soon)
    plan = existing((ready // DAY + rng.integers(-1, 3, size)) * DAY + NOON)
    send = np.flatnonzero(~hit["missing_admission_notice"])
    notice = out.send(
        "admission_notice",
        rows[send],
        sent[send],
        needs=np.where(one["needs_in_notice"], one["needs"], UNKNOWN)[send],
        assessed=np.where(later, existing(found), NONE)[send],
        planned_discharge=np.where(rng.random(size) < 0.6, plan, NONE)[send],
    )
    seen = rng.random(len(send)) < 0.9
    answer = np.minimum(
        sent[send] + rng.integers(5, 900, len(send)) * MINUTE, one["discharged"][send] - MINUTE
    )
    out.send("receipt", rows[send][seen], answer[seen], MUNICIPALITY, refers=notice[seen])


def _planning(out: Outbox, rows: Array, one: Columns, hit: Columns) -> None:
    """Changed plans, consent, the permanent contact, what outpatient care can offer."""
    size, rng = len(rows), out.rng
    early = one["admitted"] + 6 * HOUR
    ready, discharged = one["ready"], one["discharged"]
    changed = rng.random(size) < 0.3
    planned = existing((discharged // DAY + rng.integers(0, 2, size)) * DAY + NOON)
    out.send(
        "planned_discharge_changed",
        rows[changed],
        _between(rng, early, ready)[changed],
        planned_discharge=planned[changed],
    )
    asked = (rng.random(size) < 0.6) | hit["declined"]
    consent = _between(rng, early, ready)
    out.send("consent", rows[asked], consent[asked], status=hit["declined"][asked].astype(np.int64))
    both = one["needs"] == BOTH
    in_time = both & ~hit["missing_contact"]
    named = _between(rng, early, ready)
    out.send("permanent_contact_named", rows[in_time], named[in_time], OUTPATIENT)
    too_late = one["contact_after"]
    after = discharged + rng.integers(60, 2000, size) * MINUTE
    out.send("permanent_contact_named", rows[too_late], after[too_late], OUTPATIENT)
    fails = hit["services_unavailable"]
    spoken = (rng.random(size) < 0.35) | fails
    out.send(
        "outpatient_services",
        rows[spoken],
        _between(rng, early, ready - HOUR)[spoken],
        OUTPATIENT,
        status=np.where(fails, rng.integers(3, 5, size), 2)[spoken],
    )


def _readiness(out: Outbox, rows: Array, one: Columns, hit: Columns) -> None:
    """Ready notices: the one that stands, those withdrawn, cancelled or replaced; receipts."""
    size, rng = len(rows), out.rng
    told = np.where(hit["missing_needs"], UNKNOWN, one["needs"])
    first = hit["withdrawn"] | hit["cancelled"]
    earlier = np.full(size, -1)
    earlier[first] = out.send(
        "ready_notice", rows[first], one["earlier_ready"][first], needs=told[first]
    )
    gone = hit["withdrawn"] | hit["withdrawn_for_good"]
    out.send("ready_withdrawn", rows[gone], one["undone"][gone])
    replaced = hit["cancelled"] & (rng.random(size) < 0.5)
    cancel = hit["cancelled"] & ~replaced
    out.send("cancellation", rows[cancel], one["undone"][cancel], cancels=earlier[cancel])
    sent = ~hit["missing_ready_notice"]
    notice = np.full(size, -1)
    notice[sent] = out.send(
        "ready_notice",
        rows[sent],
        one["ready"][sent],
        needs=told[sent],
        cancels=np.where(replaced, earlier, -1)[sent],
    )
    twice = hit["cancellation_cancelled"]
    wrong = one["ready"][twice] + 10 * MINUTE
    cancelled = out.send("cancellation", rows[twice], wrong, cancels=notice[twice])
    out.send("cancellation", rows[twice], wrong + 15 * MINUTE, cancels=cancelled)
    answered = sent & ~hit["missing_receipt"]
    answer = one["ready"] + np.minimum(rng.integers(2, 240, size), 40) * MINUTE
    answer = np.where(
        one["discharged"] - one["ready"] > 8 * HOUR,
        one["ready"] + rng.integers(2, 420, size) * MINUTE,
        answer,
    )
    out.send("receipt", rows[answered], answer[answered], MUNICIPALITY, refers=notice[answered])


def _sip(out: Outbox, rows: Array, one: Columns, hit: Columns) -> None:
    """The call to SIP where both have a part, or the care plan that takes its place."""
    size, rng = len(rows), out.rng
    ready = one["ready"]
    due = (one["needs"] == BOTH) & ~one["to_open"]
    in_time = due & ~hit["missing_sip_call"] & ~hit["late_sip_call"]
    start = np.maximum(one["admitted"] + 12 * HOUR, ready - 2 * DAY)
    call = _between(rng, start, ready + 3 * DAY)
    out.send("sip_call", rows[in_time], call[in_time], OUTPATIENT)
    late = hit["late_sip_call"]
    day = ready // DAY + 4 + rng.integers(0, 4, size)
    call = existing(day * DAY + rng.integers(8 * 60, 16 * 60, size) * MINUTE)
    out.send("sip_call", rows[late], call[late], OUTPATIENT)
    drawn = one["to_open"] & ~hit["missing_care_plan"]
    plan = _between(rng, one["admitted"] + DAY, ready)
    out.send("care_plan_drawn_up", rows[drawn], plan[drawn])


def _leaving(out: Outbox, rows: Array, one: Columns, hit: Columns) -> None:
    """Information at discharge, mostly on paper already sent; none after a death."""
    told = (out.rng.random(len(rows)) < 0.9) & (one["discharge_type"] != 3)
    shift = out.rng.integers(-30, 120, len(rows)) * MINUTE
    out.send("discharge_information", rows[told], (one["discharged"] + shift)[told])


def _mistakes(out: Outbox, rows: Array, episode: Columns) -> None:
    """An admission notice for a patient without need, cancelled an hour later."""
    sent = episode["admitted"][rows] + 2 * HOUR
    notice = out.send("admission_notice", rows, sent)
    out.send("cancellation", rows, sent + HOUR, cancels=notice)


def _in_order(rng: np.random.Generator, sent: Columns, episode: Columns, end: int) -> Columns:
    """Sorted, seconds added, later ones dropped, references renumbered, stay and style found."""
    which = sent["episode"]
    hospital = episode["hospital"][which]
    stay = np.zeros(len(which), np.int64)
    for number in ("2", "3"):
        begins = episode[f"in{number}"][which]
        there = (begins != NONE) & (sent["sent"] >= begins)
        hospital = np.where(there, episode[f"hospital{number}"][which], hospital)
        stay += there
    style = np.where(sent["role"] == INPATIENT, hospitals().style[hospital], 0)
    seconds = np.where(style == STYLES.index("minutes"), 0, rng.integers(0, 60, len(which)))
    sent |= {"hospital": hospital, "stay_of_episode": stay, "style": style}
    sent["sent"] = sent["sent"] + seconds
    order = np.argsort(sent["sent"], kind="stable")
    order = order[: int(np.searchsorted(sent["sent"][order], end))]
    position = np.full(length(sent), -1)
    position[order] = np.arange(len(order))
    for name in ("refers", "cancels"):
        sent[name] = np.where(sent[name] >= 0, position[sent[name]], -1)
    return take(sent, order)
