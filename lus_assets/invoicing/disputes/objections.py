"""What an objection is when it has come back, whichever way: a row of feed `disputes`."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal

import pyarrow as pa

from lus_assets.ingest.codes import REASON_TEXTS, ReasonCode
from lus_assets.ingest.contract import DISPUTES
from lus_assets.ingest.trial import try_csv
from lus_assets.invoicing.review_base.objection_sheet import Ground
from lus_assets.privacy.arrow import Table
from lus_assets.privacy.keys import Pseudonymizer
from lus_assets.privacy.person_id import holds_person_id, masked
from lus_assets.privacy.redact import MARKER
from lus_assets.publishing.formats import csv_bytes

Outcome = Literal["taken", "known", "not taken"]

# Digits become letters, so that an id is never taken for a person's.
_LETTERS = str.maketrans("0123456789", "ghijklmnop")


@dataclass(frozen=True)
class Objection:
    """A version of a dispute: the columns of feed `disputes`. ground: restricted.

    billing_month: its first day. Times are local.
    """

    dispute_id: str
    episode_id: str
    municipality_code: str
    billing_month: date
    ground: str
    status: str
    raised_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class Remark:
    """What became of a row (as the sender counts): its outcome, and why. No row's text is in it."""

    row: int
    outcome: Outcome
    why: str


@dataclass(frozen=True)
class Returned:
    """A file that came back, read.

    objections: by row. origin: what it is of, in words. idle_rows: rows of a workbook with a date
    or contact person and nothing else. has_versions: may it bring new versions of known disputes?
    """

    name: str
    origin: str
    objections: dict[int, Objection]
    remarks: Sequence[Remark]
    has_versions: bool
    idle_rows: int = 0


def dispute_id(municipality_code: str, month: date, episode_id: str, ground: Ground) -> str:
    """The same for the same objection, whenever and in whichever version it comes back."""
    about = "\0".join((municipality_code, f"{month:%Y-%m}", episode_id, ground.code))
    return "inv-" + hashlib.sha256(about.encode()).hexdigest()[:16].translate(_LETTERS)


def shown_id(text: str) -> str:
    """An id to show a person: a sender may have used a personnummer as one."""
    return MARKER if holds_person_id([text])[0] else text


def feed_csv(objections: Sequence[Objection]) -> bytes:
    """A delivery file of feed `disputes`."""
    rows = [
        {
            **vars(each),
            "billing_month": f"{each.billing_month:%Y-%m}",
            "raised_at": each.raised_at.isoformat(),
            "updated_at": each.updated_at.isoformat(),
        }
        for each in objections
    ]
    schema = pa.schema([(name, pa.string()) for name in DISPUTES.column_names])
    return csv_bytes(pa.Table.from_pylist(rows, schema=schema), for_people=False)


def read_feed_csv(
    content: bytes, name: str, received: date, pseudonymizer: Pseudonymizer
) -> Returned:
    """The objections of a CSV file in the layout of feed `disputes`; row 1 is its header.

    Raises:
        LusError: ingestion would set the whole file aside.
    """
    rows = try_csv(DISPUTES.name, content, received, pseudonymizer, name)
    remarks = [
        Remark(row, "not taken", _meaning(code))
        for row, code in enumerate(rows["reason_code"].to_pylist(), start=2)
        if code
    ]
    return Returned(name, "feed disputes", from_typed(rows, first=2), remarks, has_versions=True)


def from_typed(rows: Table, *, first: int = 1) -> dict[int, Objection]:
    """The valid ones of typed rows, by their number from `first` on; grounds as in `_masked`."""
    return {
        number: _masked(Objection(**{name: row[name] for name in DISPUTES.column_names}))
        for number, row in enumerate(rows.to_pylist(), start=first)
        if row["reason_code"] is None
    }


def judged(returned: Returned, received: date, pseudonymizer: Pseudonymizer) -> Returned:
    """Without the rows that ingestion would set aside, which are remarked on instead."""
    rows = list(returned.objections)
    content = feed_csv(list(returned.objections.values()))
    typed = try_csv(DISPUTES.name, content, received, pseudonymizer, returned.name)
    codes = dict(zip(rows, typed["reason_code"].to_pylist(), strict=True))
    set_aside = [
        Remark(row, "not taken", _meaning(code)) for row, code in codes.items() if code is not None
    ]
    kept = {row: _masked(each) for row, each in returned.objections.items() if codes[row] is None}
    return replace(returned, objections=kept, remarks=[*returned.remarks, *set_aside])


def _masked(objection: Objection) -> Objection:
    """What may be a person id in the ground is masked: files in `received/` are in clear."""
    return replace(objection, ground=masked(objection.ground))


def _meaning(code: str) -> str:
    return REASON_TEXTS[ReasonCode(code)].meaning
