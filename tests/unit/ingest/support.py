"""Deliveries to try ingestion on, and what came of them."""

import csv
import gzip
import io
import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from lus_assets.core.home import Home
from lus_assets.ingest.catalog import Catalog, FileVersion
from lus_assets.ingest.contract import FEEDS
from lus_assets.ingest.ingest import ingest_day
from lus_assets.ingest.report import DayReport
from lus_assets.ingest.source import LocalFolder
from lus_assets.privacy.keys import Pseudonymizer
from tests.unit.privacy.numbers import PERSONNUMMER

DAY = date(2024, 3, 1)
Row = Mapping[str, Any]

VALID: dict[str, dict[str, str]] = {
    "stays": {
        "stay_id": "S1",
        "person_id": PERSONNUMMER[3],
        "hospital_unit": "Ward 1",
        "care_type": "somatic",
        "legal_basis": "hsl",
        "admission_type": "unplanned",
        "admitted_at": "2024-02-01T10:00",
        "discharged_at": "2024-02-03T12:00",
        "discharge_type": "home",
        "to_open_compulsory_care": "false",
        "updated_at": "2024-02-03T12:05:00",
    },
    "messages": {
        "message_id": "M1",
        "stay_id": "S1",
        "message_type": "ready_notice",
        "sent_at": "2024-02-02T09:00",
        "sender_unit": "Ward 1",
        "sender_role": "inpatient",
        "cancels_message_id": "",
        "needs": "both",
        "need_assessed_at": "",
        "planned_discharge_at": "2024-02-03T12:00",
        "status": "",
        "refers_to_message_id": "",
    },
    "persons": {
        "person_id": PERSONNUMMER[3],
        "birth_date": "1979-04-18",
        "municipality_code": "0180",
        "district_code": "Bromma",
        "protected_identity": "false",
        "valid_from": "2020-01-01",
    },
    "placements": {
        "placement_id": "P1",
        "person_id": PERSONNUMMER[3],
        "placing_municipality_code": "0180",
        "staying_municipality_code": "0184",
        "legal_basis": "sol",
        "housing": "special_service",
        "valid_from": "2024-01-01",
        "valid_to": "2024-12-31",
    },
    "disputes": {
        "dispute_id": "D1",
        "episode_id": "S1",
        "municipality_code": "0180",
        "billing_month": "2024-02",
        "ground": "He was not ready.",
        "status": "open",
        "raised_at": "2024-03-10",
        "updated_at": "2024-03-10T08:00",
    },
}


def row(feed: str, **changes: str | None) -> dict[str, str | None]:
    """A valid row of the feed with changes; None leaves a value empty."""
    return {**VALID[feed], **changes}


def to_csv(rows: Sequence[Row], columns: Sequence[str] | None = None) -> bytes:
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, columns or list(rows[0]), extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue().encode()


def to_jsonl(rows: Sequence[Row]) -> bytes:
    return "".join(json.dumps(dict(each), ensure_ascii=False) + "\n" for each in rows).encode()


def to_parquet(rows: Sequence[Row]) -> bytes:
    stream = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([dict(each) for each in rows]), stream)
    return stream.getvalue()


def to_bytes(file_format: str, rows: Sequence[Row]) -> bytes:
    kind, _, packing = file_format.partition(".")
    content = {"csv": to_csv, "jsonl": to_jsonl, "parquet": to_parquet}[kind](rows)
    return gzip.compress(content, mtime=0) if packing else content


class County:
    """A landing area and a home, with short ways to deliver and to look."""

    def __init__(self, root: Path) -> None:
        self.landing = root / "landing"
        self.landing.mkdir()
        self.home = Home(root / "home").prepare()
        self.pseudonymizer = Pseudonymizer.from_environment()

    @property
    def source(self) -> LocalFolder:
        return LocalFolder(self.landing)

    def put(self, feed: str, content: bytes, name: str = "a.csv", day: date = DAY) -> str:
        path = f"{feed}/{day.isoformat()}/{name}"
        (self.landing / path).parent.mkdir(parents=True, exist_ok=True)
        (self.landing / path).write_bytes(content)
        return path

    def ingest(self, feed: str, day: date = DAY) -> DayReport:
        return ingest_day(self.home, self.source, feed, day, self.pseudonymizer)

    def deliver(self, feed: str, content: bytes, name: str = "a.csv", day: date = DAY) -> DayReport:
        self.put(feed, content, name, day)
        return self.ingest(feed, day)

    def versions(self) -> list[FileVersion]:
        with Catalog.opened(self.home) as catalog:
            return catalog.file_versions()

    def lake(self, feed: str) -> list[dict[str, Any]]:
        """All rows of the feed's counting files, in order of the catalog."""
        return [
            each
            for version in self.versions()
            if version.feed == feed and version.lake_file
            for each in pq.read_table(self.home.lake / version.lake_file).to_pylist()
        ]

    def reasons(self, feed: str) -> list[str | None]:
        return [each["reason_code"] for each in self.lake(feed)]

    def state(self) -> dict[str, bytes]:
        """Every lake file's bytes by its path."""
        found = sorted(self.home.lake.glob("*/*/*"))
        return {path.relative_to(self.home.lake).as_posix(): path.read_bytes() for path in found}


def is_sum_right(county: County) -> bool:
    """Rows delivered are those in the lake, and those with a reason are the quarantined."""
    return all(
        version.rows_delivered == len(rows)
        and version.rows_quarantined == sum(each["reason_code"] is not None for each in rows)
        and [each["row_number"] for each in rows] == list(range(1, len(rows) + 1))
        for version in county.versions()
        if version.lake_file
        for rows in [pq.read_table(county.home.lake / version.lake_file).to_pylist()]
    )


ALL_FEEDS = tuple(FEEDS)


def reasons(county: County, feed: str, rows: list[dict[str, str]]) -> list[str | None]:
    """The reason of each of a feed's rows, written as changes of a valid one; in one delivery."""
    county.deliver(feed, to_csv([row(feed, **changes) for changes in rows]))
    return county.reasons(feed)
