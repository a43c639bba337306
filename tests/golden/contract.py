"""The feeds' columns as docs promise them, and how a delivery day is written as CSV."""

import csv
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

FEED_COLUMNS: dict[str, tuple[str, ...]] = {
    "stays": (
        "stay_id", "person_id", "hospital_unit", "care_type", "legal_basis", "admission_type",
        "admitted_at", "discharged_at", "discharge_type", "to_open_compulsory_care", "updated_at",
    ),
    "messages": (
        "message_id", "stay_id", "message_type", "sent_at", "sender_unit", "sender_role",
        "cancels_message_id", "needs", "need_assessed_at", "planned_discharge_at", "status",
        "refers_to_message_id",
    ),
    "persons": (
        "person_id", "birth_date", "municipality_code", "district_code", "protected_identity",
        "valid_from",
    ),
    "placements": (
        "placement_id", "person_id", "placing_municipality_code", "staying_municipality_code",
        "legal_basis", "housing", "valid_from", "valid_to",
    ),
    "disputes": (
        "dispute_id", "episode_id", "municipality_code", "billing_month", "ground", "status",
        "raised_at", "updated_at",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One delivered row: which feed, which delivery day, which file of that day, and its text."""

    feed: str
    delivered: date
    file: str
    values: dict[str, str]


def write_landing(folder: Path, rows: Iterable[Row], first: date, last: date) -> None:
    """Write every feed for every day from `first` to `last`; a day without rows has a header."""
    by_file: dict[tuple[str, date, str], list[dict[str, str]]] = defaultdict(list)
    for day in _days(first, last):
        for feed in FEED_COLUMNS:
            by_file[feed, day, "delivery.csv"] = []
    for row in rows:
        by_file[row.feed, row.delivered, row.file].append(row.values)
    for (feed, day, name), values in by_file.items():
        path = folder / feed / day.isoformat() / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", newline="") as handle:
            writer = csv.DictWriter(handle, FEED_COLUMNS[feed], restval="", lineterminator="\r\n")
            writer.writeheader()
            writer.writerows(values)


def _days(first: date, last: date) -> Iterable[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))
