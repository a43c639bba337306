"""What happened on which day: the rows of each feed before any row fault.

Rows are delivered on the day they happened; what happened before the first day to a patient who
was then in hospital comes with the first day (a feed's start brings its opening stock).
"""

import numpy as np

from lus_assets.simulation.clock import DAY, HOUR, MINUTE, existing, month_of, office, yyyymmdd
from lus_assets.simulation.columns import (
    NONE,
    Array,
    Columns,
    concat,
    length,
    rank_within,
    stream,
    take,
)
from lus_assets.simulation.course import TRANSFERRED
from lus_assets.simulation.rates import FaultRates

_FIRST_REVIEW_DAY = 5


def stays(episode: Columns) -> tuple[Columns, Array]:
    """One row per stay by admission, and each episode's first, second and third stay's position."""
    parts: list[Columns] = []
    for number in range(3):
        rows = np.flatnonzero(episode["stays"] > number)
        last = episode["stays"][rows] == number + 1
        begin = episode["admitted"] if number == 0 else episode[f"in{number + 1}"]
        hospital = episode["hospital"] if number == 0 else episode[f"hospital{number + 1}"]
        end = episode["discharged"][rows]
        if number < 2:
            end = np.where(last, end, episode[f"out{number + 1}"][rows])
        parts.append(
            {
                "episode": rows,
                "number": np.full(len(rows), number),
                "admitted": begin[rows],
                "discharged": end,
                "hospital": hospital[rows],
                "planned": episode["planned"][rows] & (number == 0),
                "discharge_type": np.where(last, episode["discharge_type"][rows], TRANSFERRED),
                "to_open": episode["to_open"][rows] & last,
            }
            | {name: episode[name][rows] for name in ("who", "psychiatric", "legal")}
        )
    stay = concat(parts)
    stay = take(stay, np.lexsort((stay["number"], stay["episode"], stay["admitted"])))
    day = stay["admitted"] // DAY
    stay["id"] = yyyymmdd(day) * 100_000 + rank_within(day)
    position = np.full((3, length(episode)), -1)
    position[stay["number"], stay["episode"]] = np.arange(length(stay))
    return stay, position


def stay_rows(seed: int, stay: Columns, first_day: int, last_day: int) -> Columns:
    """A version at admission and, where it has come, one at discharge."""
    rng = stream(seed, "stay rows")
    parts: list[Columns] = []
    for field in ("admitted", "discharged"):
        come = take(stay, stay[field] // DAY <= last_day)
        midnight = (come[field] // DAY + 1) * DAY
        typed = come[field] + rng.integers(1, 90, length(come)) * MINUTE
        known = existing(np.minimum(typed, midnight - MINUTE))
        version = come | {"updated": known, "order": known}
        if field == "admitted":
            version |= {
                "discharged": np.full(len(known), NONE),
                "discharge_type": np.full(len(known), -1),
                "to_open": np.zeros(len(known), bool),
            }
        parts.append(version)
    rows = concat(parts)
    return rows | {"day": np.maximum(rows["order"] // DAY, first_day)}


def message_rows(
    sent: Columns, episode: Columns, stay: Columns, position: Array, first_day: int
) -> Columns:
    """Messages with their ids; those of the same day are numbered in the order of sending."""
    day = sent["sent"] // DAY
    number = yyyymmdd(day) * 1_000_000 + rank_within(day)
    rows = dict(sent)
    rows["id"] = number
    for name in ("refers", "cancels"):
        rows[name] = np.where(sent[name] >= 0, number[sent[name]], -1)
    rows["stay"] = stay["id"][position[sent["stay_of_episode"], sent["episode"]]]
    rows["who"] = episode["who"][sent["episode"]]
    return rows | {"order": sent["sent"], "day": np.maximum(day, first_day)}


def person_rows(who: Columns, stay_row: Columns, last_day: int) -> Columns:
    """The row needed with the first stay, and the move when it comes."""
    first = np.full(len(who["home"]), last_day + 1)
    np.minimum.at(first, stay_row["who"], stay_row["day"])
    seen = who["known"] & (first <= last_day)
    moves = seen & (who["moved"] != NONE)
    parts: list[Columns] = []
    for mask, home, area, valid_from in (
        (seen, "home", "area", "since"),
        (moves, "next_home", "next_area", "moved"),
    ):
        person = np.flatnonzero(mask)
        parts.append(
            {
                "who": person,
                "home": who[home][person],
                "area": who[area][person],
                "valid_from": who[valid_from][person],
                "wrong_digit": who["wrong_digit"][person],
                "day": np.maximum(first, who[valid_from])[person],
            }
        )
    rows = concat(parts)
    rows = take(rows, rows["day"] <= last_day)
    none = np.full(len(rows["day"]), -1)
    return rows | {"order": rows["who"], "id": none, "episode": none}


def placement_rows(who: Columns, person_row: Columns) -> Columns:
    """With the person's first row."""
    rows = take(person_row, (person_row["valid_from"] == who["since"][person_row["who"]]))
    rows = take(rows, who["placed"][rows["who"]])
    return rows | {"id": 10_000_000 + rows["who"]}


def dispute_rows(
    seed: int, costing: Columns, rates: FaultRates, last_day: int
) -> tuple[Columns, Columns]:
    """Versions of disputes, and per fault name the episodes where the last version says so.

    Raised from the day after the review base (the 5th of the next month) on, settled within twenty
    days of it.
    """
    rng = stream(seed, "disputes")
    size = length(costing)
    draw = rng.random(size)
    bounds = np.cumsum([rates.dispute_open, rates.dispute_upheld, rates.dispute_rejected])
    status = np.searchsorted(bounds, draw, side="right")
    month = month_of(costing["discharged"] // DAY) + 1
    review = month.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    raised = review + _FIRST_REVIEW_DAY - 1 + rng.integers(1, 13, size)
    settled = raised + rng.integers(2, 9, size)
    clock = rng.integers(0, DAY // MINUTE, size) * MINUTE
    raised_at, settled_at = office(raised * DAY + clock), office(settled * DAY + clock) + HOUR
    base = costing | {"raised": raised_at, "updated": raised_at, "status": np.zeros(size, int)}
    opened = take(base, (status < 3) & (raised <= last_day))
    final = base | {"updated": settled_at, "status": status}
    final = take(final, np.isin(status, (1, 2)) & (settled <= last_day))
    opened["id"] = yyyymmdd(opened["raised"] // DAY) * 10_000_000 + opened["episode"]
    final["id"] = yyyymmdd(final["raised"] // DAY) * 10_000_000 + final["episode"]
    rows = concat([opened, final])
    rows |= {"order": rows["updated"], "day": rows["updated"] // DAY}
    still_open = opened["episode"][~np.isin(opened["episode"], final["episode"])]
    return rows, {
        "dispute_open": still_open,
        "dispute_upheld": final["episode"][final["status"] == 1],
        "dispute_rejected": final["episode"][final["status"] == 2],
    }
