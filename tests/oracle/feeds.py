"""From a CSV landing area to the rows that count, with an account of every delivered row."""

import csv
import hashlib
import hmac
import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

STOCKHOLM = ZoneInfo("Europe/Stockholm")
Values = dict[str, Any]

CODES: dict[str, set[str]] = {
    "care_type": {"somatic", "psychiatric"},
    "admission_type": {"planned", "unplanned"},
    "discharge_type": {"home", "special_housing", "transferred", "deceased", "other"},
    "sender_role": {"inpatient", "outpatient", "municipality"},
    "needs": {"municipality", "region", "both"},
    "housing": {"special_service", "other"},
    "message_type": {
        "admission_notice", "planned_discharge_changed", "permanent_contact_named", "sip_call",
        "ready_notice", "ready_withdrawn", "care_plan_drawn_up", "consent", "outpatient_services",
        "receipt", "discharge_information", "cancellation",
    },
}  # fmt: skip
DATES = {"birth_date", "valid_from", "valid_to"}
FLAGS = {"to_open_compulsory_care", "protected_identity"}
COLUMNS: dict[str, str] = {
    "stays": "stay_id* person_id* hospital_unit* care_type* legal_basis admission_type* "
    "admitted_at* discharged_at discharge_type to_open_compulsory_care updated_at*",
    "messages": "message_id* stay_id* message_type* sent_at* sender_unit* sender_role* "
    "cancels_message_id needs need_assessed_at planned_discharge_at status refers_to_message_id",
    "persons": "person_id* birth_date municipality_code district_code protected_identity "
    "valid_from*",
    "placements": "placement_id* person_id* placing_municipality_code* "
    "staying_municipality_code* legal_basis* housing* valid_from* valid_to",
    "disputes": "dispute_id* episode_id* municipality_code* billing_month* ground* status* "
    "raised_at* updated_at*",
}


@dataclass
class Delivered:
    """One delivered row and what became of it."""

    path: str
    day: date
    number: int
    values: Values | None
    fate: str = "quarantined"


@dataclass
class Feeds:
    """The accepted rows of every feed, and per file how many rows met which fate."""

    rows: dict[str, list[Values]] = field(default_factory=dict)
    files: dict[str, dict[str, Any]] = field(default_factory=dict)


def read_landing(landing: Path, as_of: date, key: bytes) -> Feeds:
    """Everything delivered up to and on `as_of`."""
    feeds = Feeds()
    for feed in COLUMNS:
        delivered: list[Delivered] = []
        for path in sorted((landing / feed).glob("*/*.csv")):
            day = date.fromisoformat(path.parent.name)
            if day <= as_of:
                name = path.relative_to(landing).as_posix()
                rows = _read_file(path, name, feed, day, key)
                feeds.files[name] = {"feed": feed, "delivery_date": day, "rows": rows}
                delivered += rows
        _settle(feed, delivered)
        feeds.rows[feed] = [row.values for row in delivered if row.fate == "accepted"]
    return feeds


def counts(file: dict[str, Any]) -> dict[str, int]:
    """How many rows of one file there were of each fate."""
    fates = [row.fate for row in file["rows"]]
    return {
        "rows_delivered": len(fates),
        "rows_accepted": fates.count("accepted"),
        "rows_duplicate": fates.count("duplicate"),
        "rows_superseded": fates.count("superseded"),
        "rows_quarantined": fates.count("quarantined"),
    }


def _read_file(path: Path, name: str, feed: str, day: date, key: bytes) -> list[Delivered]:
    with path.open(encoding="utf-8-sig", newline="") as handle:
        return [
            Delivered(name, day, number, _parse(feed, raw, day, key))
            for number, raw in enumerate(csv.DictReader(handle), start=1)
        ]


def _parse(feed: str, raw: dict[str, str], day: date, key: bytes) -> Values | None:
    """The typed row, or None where it must be set aside."""
    values: Values = {}
    for word in COLUMNS[feed].split():
        column, required = word.rstrip("*"), word.endswith("*")
        text = raw.get(column, "")
        if text == "" and required:
            return None
        try:
            values[column] = _typed(column, text)
        except ValueError:
            return None
    if "person_id" in values:
        values["person_key"] = person_key(values.pop("person_id"), day, key)
    if feed == "stays":
        values["legal_basis"] = values["legal_basis"] or "hsl"
        discharged = values["discharged_at"]
        if discharged and (discharged < values["admitted_at"] or not values["discharge_type"]):
            return None
    return values


def _typed(column: str, text: str) -> Any:
    if column in FLAGS:
        if text not in ("", "true", "false"):
            raise ValueError(column)
        return text == "true"
    if text == "":
        return None
    if column in DATES:
        return date.fromisoformat(text)
    if column.endswith("_at"):
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            moment = moment.astimezone(STOCKHOLM).replace(tzinfo=None)
        return moment
    if column in CODES and text not in CODES[column]:
        raise ValueError(column)
    if column.endswith("municipality_code") and not re.fullmatch(r"\d{4}", text):
        raise ValueError(column)
    return text


def person_key(written: str, day: date, key: bytes) -> str:
    """The pseudonym of a person id as someone wrote it in a delivery of that day."""
    return hmac.new(key, _normalised(written, day).encode(), hashlib.sha256).hexdigest()


def _normalised(written: str, day: date) -> str:
    match = re.fullmatch(r"(\d\d)?(\d{6})([-+]?)(\d{4})", written)
    if match is None:
        return written
    century, birth, sign, last = match.groups()
    if century is None:
        year, latest = int(birth[:2]), day.year - (100 if sign == "+" else 0)
        century = str((latest - (latest - year) % 100) // 100)
    return f"{century}{birth}{last}"


def _settle(feed: str, delivered: list[Delivered]) -> None:
    """Decide every valid row's fate among the rows with the same key."""
    key: Callable[[Values], Any] = {
        "stays": lambda v: v["stay_id"],
        "messages": lambda v: v["message_id"],
        "persons": lambda v: (v["person_key"], v["valid_from"]),
        "placements": lambda v: v["placement_id"],
        "disputes": lambda v: v["dispute_id"],
    }[feed]
    by_key: dict[Any, list[Delivered]] = defaultdict(list)
    for row in sorted(delivered, key=lambda row: (row.day, row.path, row.number)):
        if row.values is not None:
            by_key[key(row.values)].append(row)
    for rows in by_key.values():
        if feed == "messages":
            winner, loser_fate = rows[0], "quarantined"
        elif feed in ("stays", "disputes"):
            newest = max(row.values["updated_at"] for row in rows)
            winner = [row for row in rows if row.values["updated_at"] == newest][-1]
            loser_fate = "superseded"
        else:
            winner, loser_fate = rows[-1], "superseded"
        for row in rows:
            first = next(each for each in rows if each.values == row.values)
            if row.values == winner.values:
                row.fate = "accepted" if row is first else "duplicate"
            else:
                row.fate = loser_fate if row is first else "duplicate"
