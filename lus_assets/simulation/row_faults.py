"""Faults of delivered rows: chosen on numbers, carried out on the text."""

import numpy as np
import pyarrow as pa

from lus_assets.simulation.clock import DAY, MINUTE, existing, iso
from lus_assets.simulation.columns import (
    NONE,
    Array,
    Columns,
    Text,
    concat,
    length,
    pc,
    stream,
    take,
)
from lus_assets.simulation.feeds import Rendered, words
from lus_assets.simulation.messages import TYPES
from lus_assets.simulation.rates import FaultRates
from lus_assets.simulation.reference import published_numbers

ROW_FAULTS = (
    "duplicate",
    "conflicting_message_id",
    "late_delivery",
    "out_of_order",
    "unreadable_timestamp",
    "unknown_code",
    "missing_required",
    "not_csv",
    "discharge_before_admission",
    "person_id_in_text",
    "message_for_unknown_stay",
    "wrong_check_digit",
)
DUPLICATE, CONFLICT, LATE, MIXED = 0, 1, 2, 3
_TIME, _CODE, _MISSING, NOT_CSV, _BACKWARDS, _TEXT = 4, 5, 6, 7, 8, 9
UNKNOWN, WRONG_DIGIT = 10, 11
LOSING = (_TIME, _CODE, _MISSING, NOT_CSV, _BACKWARDS, _TEXT)
"""The row is quarantined, so its episode does not come out as meant."""

_EXTRA = (DUPLICATE, CONFLICT, UNKNOWN)
_OF_FEED = {
    "stays": {DUPLICATE, LATE, MIXED, _TIME, _CODE, _MISSING, NOT_CSV, _BACKWARDS, _TEXT},
    "messages": set(range(len(ROW_FAULTS))) - {_BACKWARDS, WRONG_DIGIT},
    "persons": {DUPLICATE},
    "placements": {DUPLICATE},
    "disputes": {DUPLICATE},
}
_TARGETS = {  # timestamp, code, required, text
    "stays": ("admitted_at", "care_type", "hospital_unit", "hospital_unit"),
    "messages": ("sent_at", "message_type", "stay_id", "sender_unit"),
}
_UNREADABLE = ("2024-13-45T25:61:00", "i går kl. 10", "15/1 09.30")
_NO_CODES = ("övrigt", "SOMATIC?", "x")


def choose(seed: int, feed: str, rows: Columns, rates: FaultRates, last_day: int) -> Columns:
    """Rows with `fault`, extra rows included, in the order of delivery."""
    rng = stream(seed, f"row faults {feed}")
    size = length(rows)
    possible = _OF_FEED[feed]
    rate = [getattr(rates, n) if i in possible else 0.0 for i, n in enumerate(ROW_FAULTS)]
    fault = np.searchsorted(np.cumsum(rate), rng.random(size), side="right")
    fault = np.where(fault == len(ROW_FAULTS), -1, fault)
    if feed == "stays":
        fault = np.where((fault == _BACKWARDS) & (rows["discharged"] == NONE), -1, fault)
    days_later = rng.integers(1, 11, size)
    later = rows["day"] + days_later
    fault = np.where((fault == LATE) & (later > last_day), -1, fault)
    extra = _extra_rows(rng, rows, fault, last_day)
    own = np.where(np.isin(fault, _EXTRA), -1, fault)
    if feed == "persons":  # a property of the person: every row of hers has it
        own = np.where(rows["wrong_digit"], WRONG_DIGIT, own)
    anywhere = rows["day"] * DAY + rng.integers(0, DAY, size)
    first = rows | {
        "fault": own,
        "day": np.where(own == LATE, later, rows["day"]),
        "order": np.where(own == MIXED, anywhere, rows["order"]),
    }
    everything = concat([first, extra])
    return take(everything, np.lexsort((everything["order"], everything["day"])))


def _extra_rows(rng: np.random.Generator, rows: Columns, fault: Array, last_day: int) -> Columns:
    """Repeated rows: identical, with other content, or about a stay that nobody knows."""
    extra = take(rows | {"fault": fault}, np.isin(fault, _EXTRA))
    size = length(extra)
    waits = np.where(rng.random(size) < 0.6, 0, rng.integers(1, 6, size))
    extra["day"] = extra["day"] + waits
    if "sent" in extra:
        conflict, unknown = extra["fault"] == CONFLICT, extra["fault"] == UNKNOWN
        moved = existing(extra["sent"] + rng.integers(1, 90, size) * MINUTE)
        extra["sent"] = np.where(conflict, moved, extra["sent"])
        extra["order"] = np.where(conflict, (extra["day"] + 1) * DAY, extra["order"])
        extra["stay"] = extra["stay"] + np.where(unknown, 90_000, 0)
        extra["id"] = extra["id"] + np.where(unknown, 900_000, 0)
        for name in ("refers", "cancels"):
            extra[name] = np.where(unknown, -1, extra[name])
        plain = TYPES.index("discharge_information")  # needs no reference to another message
        extra["type"] = np.where(unknown, plain, extra["type"])
    return take(extra, extra["day"] <= last_day)


def spoil(feed: str, rows: Columns, text: Rendered) -> Rendered:
    """The readings with unreadable, unknown, missing and misplaced values put in."""
    if feed not in _TARGETS:
        return text
    time, code, required, free = _TARGETS[feed]
    fault, number = rows["fault"], rows["id"]

    def put(name: str, which: int, values: Text) -> None:
        text[name] = pc.if_else(pa.array(fault == which), values, text[name])

    put(time, _TIME, words(_UNREADABLE, number % len(_UNREADABLE)))
    put(code, _CODE, words(_NO_CODES, number % len(_NO_CODES)))
    put(required, _MISSING, pa.nulls(len(fault), pa.string()))
    numbers, _ = published_numbers("personnummer")
    person = pa.array(numbers[number % len(numbers)]).cast(pa.string())
    put(free, _TEXT, pc.binary_join_element_wise("Avd. 3 ang.", person, " "))
    if feed == "stays":
        before = np.where(rows["discharged"] == NONE, NONE, rows["admitted"] - DAY)
        style = np.zeros(len(fault), np.int64)
        put("discharged_at", _BACKWARDS, iso(before, style))
    return text


def break_lines(rows: Columns, lines: Text) -> Text:
    """Lines that are not CSV: cut off in the middle, or with more fields than the header."""
    broken = rows["fault"] == NOT_CSV
    if not broken.any():
        return lines
    odd = pa.array(rows["id"] % 2 == 1)
    cut = pc.utf8_slice_codeunits(lines, 0, 24)
    longer = pc.binary_join_element_wise(lines, "a,b,c", ",")
    return pc.if_else(pa.array(broken), pc.if_else(odd, cut, longer), lines)
