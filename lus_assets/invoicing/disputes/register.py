"""What is known already: the disputes of this home, and the episodes its review bases hold."""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache

import pyarrow as pa
import pyarrow.parquet as pq

from lus_assets.core.home import Home
from lus_assets.ingest.catalog import Catalog, FileVersion
from lus_assets.ingest.contract import DISPUTES
from lus_assets.ingest.files import recorded_path
from lus_assets.ingest.received import open_received, received_files
from lus_assets.ingest.trial import try_csv
from lus_assets.invoicing.disputes.objections import Objection, from_typed
from lus_assets.ledger.ledger import Entry, Ledger
from lus_assets.privacy import vault
from lus_assets.privacy.arrow import Table
from lus_assets.privacy.keys import Pseudonymizer


@dataclass(frozen=True)
class KnownDispute:
    """The newest version of a dispute, and the day on which that version came."""

    newest: Objection
    delivery_date: date


def known_disputes(home: Home, pseudonymizer: Pseudonymizer) -> dict[str, KnownDispute]:
    """Every dispute that was ingested, or received and waits for ingestion, by its id.

    With grounds, from the vault: keep them in memory. The caller holds the writer lock.
    """
    with Catalog.opened(home) as catalog:
        versions = [each for each in catalog.file_versions() if each.feed == DISPUTES.name]
    found = [
        *_ingested(home, [each for each in versions if each.lake_file and not each.counts_until]),
        *_waiting(home, {each.path for each in versions}, pseudonymizer),
    ]
    newest: dict[str, KnownDispute] = {}
    for _, delivery_date, _, _, objection in sorted(found, key=lambda each: each[:4]):
        newest[objection.dispute_id] = KnownDispute(objection, delivery_date)
    return newest


_Version = tuple[datetime, date, str, int, Objection]
"""What orders versions of a dispute (the feed's contract), and the version."""


def _ingested(home: Home, versions: Sequence[FileVersion]) -> Iterable[_Version]:
    wanted = [each for each in versions if each.rows_delivered]
    if not wanted:
        return
    with vault.reading(home, "dispute_ground") as connection:
        grounds = {
            (str(version), int(row)): str(ground)
            for version, row, ground in connection.execute(
                "select file_version_id, row_number, ground from dispute_ground"
            ).fetchall()
        }
    for version in wanted:
        rows = pq.read_table(home.lake / str(version.lake_file))
        texts = [grounds.get((version.file_version_id, row)) for row in _numbers(rows)]
        rows = rows.append_column("ground", pa.array(texts, pa.string()))
        for row, each in from_typed(rows).items():
            yield each.updated_at, version.delivery_date, version.path, row, each


def _numbers(rows: Table) -> list[int]:
    return rows["row_number"].to_pylist()


def _waiting(home: Home, known_paths: set[str], pseudonymizer: Pseudonymizer) -> Iterable[_Version]:
    for file in received_files(home, DISPUTES.name):
        path = recorded_path(file.path, pseudonymizer)
        if path in known_paths:
            continue
        with open_received(home, file) as stream:
            content = stream.read()
        rows = try_csv(DISPUTES.name, content, file.delivery_date, pseudonymizer, file.path)
        for row, each in from_typed(rows).items():
            yield each.updated_at, file.delivery_date, path, row, each


class ReviewRegister:
    """Which episodes, with which stays, the issued review bases hold. Open it beside a ledger."""

    def __init__(self, ledger: Ledger) -> None:
        """ledger: open for as long as the register is used."""
        self._ledger = ledger
        self._entries = ledger.entries("review")
        self._of_month = cache(self._read_month)

    def issued_on(self, municipality_code: str, month: date, version: int) -> date | None:
        """The as_of of a review base; None when there is none."""
        return next(
            (
                each.as_of
                for each in self._entries
                if (each.municipality_code, each.month, each.version)
                == (municipality_code, month, version)
            ),
            None,
        )

    def why_unknown(self, objection: Objection) -> str | None:
        """Why an objection is to no episode of its municipality's review base; None if it is."""
        holders = self._of_month(objection.billing_month)
        month = f"{objection.billing_month:%Y-%m}"
        if objection.municipality_code not in holders:
            return f"no review base of {month} was issued to that municipality"
        if objection.episode_id in holders[objection.municipality_code]:
            return None
        if any(objection.episode_id in stays for stays in holders.values()):
            return "the episode is in another municipality's review base"
        return "the municipality's review base has no such episode"

    def _read_month(self, month: date) -> dict[str, set[str]]:
        """Municipality -> ids of the stays in any version of its review base."""
        stays: dict[str, set[str]] = {}
        for entry in self._entries:
            if entry.month == month:
                stays.setdefault(entry.municipality_code, set()).update(self._stays(entry))
        return stays

    def _stays(self, entry: Entry) -> Iterable[str]:
        found: set[str] = set()
        # `changed`: episodes of earlier months, behind the corrections that the base announces
        of_part = {
            **{"stays": ["stay_id", "episode_id"], "episodes": ["episode_id"]},
            **{"changed": ["episode_id"]},
        }
        for part, columns in of_part.items():
            if part not in entry.parts:
                continue
            table = pq.read_table(io.BytesIO(self._ledger.part(entry, part)), columns=columns)
            for column in columns:
                found.update(table[column].to_pylist())
        return found
