"""Decisions on disputes, as delivery files of feed `disputes`: a new version, same ground.

Nothing is ingested here: the next run does that. The caller holds the home's writer lock.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path

from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.ingest.contract import DISPUTES
from lus_assets.ingest.received import receive
from lus_assets.invoicing.disputes.objections import Objection, Remark, feed_csv
from lus_assets.invoicing.disputes.register import KnownDispute, known_disputes
from lus_assets.privacy.keys import Pseudonymizer
from lus_assets.privacy.redact import redact

DECIDED = ("upheld", "rejected")
COLUMNS = ("dispute_id", "status", "decided_on")


@dataclass(frozen=True)
class Decision:
    """What was decided on a dispute, and when."""

    dispute_id: str
    status: str
    on: date


@dataclass(frozen=True)
class Decided:
    """What became of the decisions, by their number from 1. paths: delivery files written."""

    remarks: Sequence[Remark]
    paths: Sequence[Path]

    @property
    def is_whole(self) -> bool:
        """Was every decision taken, now or before?"""
        return all(each.outcome != "not taken" for each in self.remarks)


def read_decisions(path: Path) -> list[Decision]:
    """Decisions of a CSV file with columns `dispute_id`, `status` and `decided_on`.

    Raises:
        LusError: the file cannot be read, or a row is no decision; it names the row.
    """
    name = redact(path.name)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise LusError(
            f"the decisions cannot be read ({type(error).__name__})",
            where=name,
            todo=f"give a CSV file (UTF-8, comma) with columns {', '.join(COLUMNS)}",
        ) from None
    return [_decision(row, f"{name}, row {number}") for number, row in enumerate(rows, start=2)]


def decide_disputes(
    home: Home,
    decisions: Sequence[Decision],
    pseudonymizer: Pseudonymizer,
    received: date | None = None,
) -> Decided:
    """Record decisions. received: the day from which they count; by default that of each decision.

    A decision that stands already changes nothing. One that is made before its dispute came, or
    before what was decided on it last, is not taken.

    Raises:
        LusError: the disk or a store fails.
    """
    known = known_disputes(home, pseudonymizer)
    remarks: list[Remark] = []
    taken: dict[date, list[Objection]] = {}
    for number, decision in enumerate(decisions, start=1):
        there = known.get(decision.dispute_id)
        day = received or decision.on
        why = _why_not(decision, there, day)
        if there is None or why:
            remarks.append(Remark(number, "not taken", why or ""))
        elif there.newest.status == decision.status:
            remarks.append(Remark(number, "known", f"{decision.status} already"))
        else:
            newest = _decided(there.newest, decision)
            known[decision.dispute_id] = KnownDispute(newest, day)
            taken.setdefault(day, []).append(newest)
            remarks.append(Remark(number, "taken", f"{decision.status} from {day} on"))
    written = [
        receive(home, DISPUTES.name, day, feed_csv(versions))
        for day, versions in sorted(taken.items())
    ]
    return Decided(remarks, [path for path in written if path])


def _why_not(decision: Decision, there: KnownDispute | None, day: date) -> str | None:
    if there is None:
        return "there is no such dispute"
    came = max(there.delivery_date, there.newest.updated_at.date())
    if decision.on < came:
        return f"it would be decided before {came}, when its newest version came"
    if day < decision.on:
        return f"it cannot count from {day}, before it was decided"
    return None


def _decided(newest: Objection, decision: Decision) -> Objection:
    """The next version, of a later moment: changed back it is another file than the first."""
    moment = max(
        datetime.combine(decision.on, time()), newest.updated_at + timedelta(microseconds=1)
    )
    return replace(newest, status=decision.status, updated_at=moment)


def _decision(row: dict[str, str | None], where: str) -> Decision:
    dispute_id, status, day = ((row.get(name) or "").strip() for name in COLUMNS)
    try:
        if not dispute_id or status not in DECIDED:
            raise ValueError
        return Decision(dispute_id, status, date.fromisoformat(day))
    except ValueError:
        raise LusError(
            "this is no decision",
            where=where,
            todo=f"each row has {', '.join(COLUMNS)}: the id of a dispute, {' or '.join(DECIDED)},"
            " and a day as 2024-01-31",
        ) from None
