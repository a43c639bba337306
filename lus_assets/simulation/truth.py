"""What was meant: the episodes in the process with their findings, and the faults planted.

Written to `<out>/_truth`, which the landing scanner passes over (names that begin with `_`).
Days are counted with the cut-off of 2020 (noon or later: next day), whatever the period. An episode
is exact where its rows decide it: discharged, no row of it quarantined, no message still to come;
what it is then shows from `last_delivery_date` on. Disputes count as settled at the period's end.
A cancelled notice whose cancellation is quarantined makes an episode that the truth has not.
"""

import numpy as np
import pyarrow as pa

from lus_assets.simulation.arrivals import GROUPS
from lus_assets.simulation.clock import DAY
from lus_assets.simulation.columns import NONE, Array, Columns, Table, Text, length, take
from lus_assets.simulation.course import BOTH, DECEASED, REGION, UNKNOWN
from lus_assets.simulation.feeds import CARE_TYPES, NEEDS, ids, words
from lus_assets.simulation.people import liable
from lus_assets.simulation.reference import hospitals, places
from lus_assets.simulation.row_faults import LOSING

NOT_BLOCKING = ("MESSAGE_AFTER_DISCHARGE", "TRANSFER_WITHOUT_SUCCESSOR", "RECEIPT_MISSING")


def judged(episode: Columns, fault: Columns, who: Columns, end: int) -> tuple[Columns, Columns]:
    """The episodes' municipality and state at `end`, and one mask per expected finding."""
    standing = episode["standing"]
    counts = np.where(standing, episode["ready"], episode["admitted"]) // DAY
    municipality, by_placement = liable(who, episode["who"], counts)
    both_notices = fault["missing_admission_notice"] & fault["missing_ready_notice"]
    facts = {
        "municipality": municipality,
        "by_placement": by_placement,
        "in_truth": episode["in_process"] & ~both_notices,
        "is_discharged": episode["discharged"] < end,
    }
    told = (standing & ~fault["missing_needs"]) | episode["needs_in_notice"]
    needs = np.where(told, episode["needs"], UNKNOWN)
    both, to_open = needs == BOTH, episode["to_open"]
    sip = both & ~to_open
    finding = {
        "ADMISSION_NOTICE_MISSING": fault["missing_admission_notice"],
        "ADMISSION_NOTICE_LATE": fault["late_admission_notice"],
        "READY_NOTICE_MISSING": ~standing,
        "PERMANENT_CONTACT_MISSING": both & fault["missing_contact"],
        "SIP_CALL_MISSING": sip & fault["missing_sip_call"],
        "SIP_CALL_LATE": sip & standing & fault["late_sip_call"],
        "CARE_PLAN_MISSING": to_open & fault["missing_care_plan"],
        "REGION_SERVICES_UNAVAILABLE": standing & fault["services_unavailable"],
        "PATIENT_DECLINED": fault["declined"],
        "NO_MUNICIPAL_NEED": needs == REGION,
        "NEEDS_UNKNOWN": needs == UNKNOWN,
        "DECEASED": episode["discharge_type"] == DECEASED,
        "MUNICIPALITY_UNKNOWN": municipality < 0,
        "DISPUTE_UPHELD": np.zeros(length(episode), bool),
        "MESSAGE_AFTER_DISCHARGE": episode["contact_after"],
        "TRANSFER_WITHOUT_SUCCESSOR": fault["transfer_without_successor"],
        "RECEIPT_MISSING": standing & fault["missing_receipt"],
    }
    process = facts["in_truth"] & facts["is_discharged"]
    return facts, {code: mask & process for code, mask in finding.items()}


def billable(episode: Columns, finding: Columns) -> Array:
    """Discharged and without a blocking finding."""
    blocked = np.any([m for code, m in finding.items() if code not in NOT_BLOCKING], axis=0)
    return episode["in_truth"] & episode["is_discharged"] & ~blocked


def _delivered(size: int, feeds: list[Columns]) -> tuple[Array, Array]:
    """Per episode the last folder that one of its rows lies in, and whether a row is lost."""
    last = np.full(size, NONE)
    lost = np.zeros(size, bool)
    for rows in feeds:
        own = take(rows, rows["episode"] >= 0)
        np.maximum.at(last, own["episode"], own["day"])
        lost[own["episode"][np.isin(own["fault"], LOSING)]] = True
    return last, lost


def episode_table(
    episode: Columns, finding: Columns, fault: Columns, feeds: list[Columns], end: int
) -> Table:
    """One row per episode in the discharge process, by admission; `feeds`: all rows delivered."""
    last, lost = _delivered(length(episode), feeds)
    shown = np.flatnonzero(episode["in_truth"] & (episode["admitted"] < end))
    shown = shown[np.argsort(episode["first_stay"][shown], kind="stable")]
    one = take(episode, shown)
    settled = one["is_discharged"] & ~lost[shown] & (_last_effect(one) < end)
    sent = one["standing"] & (one["ready"] < end)
    counted = sent & one["is_discharged"]
    hospital = np.choose(one["stays"] - 1, [one["hospital"], one["hospital2"], one["hospital3"]])
    withdrawn = np.where(one["undone"] < end, one["withdrawn_days"], 0)
    return pa.table(
        {
            "episode_id": ids("V", one["first_stay"]),
            "care_type": words(CARE_TYPES, one["psychiatric"].astype(np.int64)),
            "hospital_unit": words(hospitals().names, hospital),
            "age_group": words(GROUPS, one["group"]),
            "municipality_code": words(places().codes, one["municipality"]),
            "is_placement": pa.array(one["by_placement"]),
            "needs": words(NEEDS, one["needs"]),
            "stays": pa.array(one["stays"].astype(np.int64)),
            "admitted_at": _moment(one["admitted"], one["admitted"] < end),
            "ready_notice_at": _moment(one["ready"], sent),
            "discharged_at": _moment(one["discharged"], one["is_discharged"]),
            "is_discharged": pa.array(one["is_discharged"]),
            "ready_days": pa.array(one["ready_days"], pa.int64(), mask=~counted),
            "withdrawn_ready_days": pa.array(withdrawn, pa.int64()),
            "is_billable": pa.array(
                billable(episode, finding)[shown], pa.bool_(), mask=~one["is_discharged"]
            ),
            "is_readmitted_7_days": pa.array(one["readmitted"]),
            "faults": _names(take(fault, shown)),
            "expected_findings": _names(take(finding, shown)),
            "is_exact": pa.array(settled),
            "last_delivery_date": pa.array(last[shown].astype("datetime64[D]"), pa.date32()),
        }
    )


def _last_effect(episode: Columns) -> Array:
    """Until when a message can still come that changes a finding."""
    call = np.where(episode["needs"] == BOTH, episode["ready"] + 8 * DAY, NONE)
    contact = np.where(episode["contact_after"], episode["discharged"] + 2 * DAY, NONE)
    return np.maximum(call, contact)


def fault_table(row_faults: list[Table], episode: Columns, fault: Columns, end: int) -> Table:
    """Row faults with their place, then faults of the process with their episode."""
    planted = [(name, np.flatnonzero(fault[name] & (episode["admitted"] < end))) for name in fault]
    names = [name for name, at in planted for _ in range(len(at))]
    which = np.concatenate([at for _, at in planted])
    size = len(which)
    process = pa.table(
        {
            "fault": pa.array(names, pa.string()),
            "feed": pa.array(
                ["disputes" if n.startswith("dispute") else "messages" for n in names], pa.string()
            ),
            "delivery_date": pa.nulls(size, pa.date32()),
            "path": pa.nulls(size, pa.string()),
            "row_number": pa.nulls(size, pa.int64()),
            "key": ids("V", episode["first_stay"][which]),
        }
    )
    return pa.concat_tables([*row_faults, process])


def readmitted(episode: Columns) -> Array:
    """The same person's next episode begins within seven calendar days and is unplanned."""
    same = np.r_[episode["person"][1:] == episode["person"][:-1], False]
    gap = np.r_[episode["admitted"][1:], 0] // DAY - episode["discharged"] // DAY
    unplanned = np.r_[~episode["planned"][1:], False]
    return same & unplanned & (gap <= 7)


def _moment(times: Array, there: Array) -> Text:
    return pa.array(
        np.where(there, times, 0).astype("datetime64[s]"), pa.timestamp("s"), mask=~there
    )


def _names(masks: Columns) -> Text:
    """The names of the masks that hold, per row."""
    matrix = np.column_stack(list(masks.values()))
    _, which = np.nonzero(matrix)
    offsets = np.r_[0, np.cumsum(matrix.sum(axis=1))]
    return pa.ListArray.from_arrays(pa.array(offsets.astype(np.int32)), words(tuple(masks), which))
