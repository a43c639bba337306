"""Deliveries to lake: which files are new, and their way in. Plain functions, one writer.

Callers hold the home's writer lock and have prepared the home.
"""

import logging
from collections.abc import Sequence
from datetime import date, timedelta

from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.core.progress import Progress
from lus_assets.ingest.batch import Batch
from lus_assets.ingest.catalog import Catalog, FileVersion, now
from lus_assets.ingest.codes import ReasonCode
from lus_assets.ingest.contract import FEEDS
from lus_assets.ingest.files import (
    REFUSED,
    Content,
    PlannedFile,
    examine,
    recorded_path,
    version_id,
)
from lus_assets.ingest.lake import orphans
from lus_assets.ingest.landing_cache import remove_parts
from lus_assets.ingest.report import DayReport, FileReport, IngestReport, report_known, report_read
from lus_assets.ingest.source import DeliveredFile, Source
from lus_assets.ingest.typing_engine import TypingEngine
from lus_assets.privacy import vault
from lus_assets.privacy.keys import Pseudonymizer
from lus_assets.privacy.redact import redact

_LOG = logging.getLogger(__name__)

# A batch is what one commit makes count: enough files to share its costs, few enough to lose
# little work when the machine dies.
BATCH_FILES = 250
BATCH_BYTES = 64 * 1024 * 1024


def ingest_day(
    home: Home, source: Source, feed: str, day: date, pseudonymizer: Pseudonymizer
) -> DayReport:
    """Takes one feed's delivery day into the lake; a day taken in before is a no-op.

    feed: a name of contract.FEEDS. Files are read in order of path. LusError when something
    outside the files' content fails (disk, rights, an unknown feed); files committed before it
    stay, the others do not count, and the same call again does the rest.
    """
    _check_feeds([feed])
    files = source.list_deliveries(feed, day)
    reports = _take_in(home, source, files, pseudonymizer)
    return DayReport(feed, day, tuple(reports[file.path] for file in files))


def ingest_days(
    home: Home,
    source: Source,
    pseudonymizer: Pseudonymizer,
    *,
    feeds: Sequence[str] = tuple(FEEDS),
    first: date | None = None,
    last: date | None = None,
) -> IngestReport:
    """Takes a range of delivery days into the lake, oldest day first, many files a commit.

    first, last: both inclusive; by default the first and last day that any of the feeds has.
    Every feed and day of the range is reported, gaps too, and what lies in the landing area
    unread. Errors as in `ingest_day`.
    """
    _check_feeds(feeds)
    files = [
        file
        for feed in feeds
        for file in source.list_deliveries(feed)
        if (first is None or file.delivery_date >= first)
        and (last is None or file.delivery_date <= last)
    ]
    files.sort(key=lambda file: (file.delivery_date, file.path))
    reports = _take_in(home, source, files, pseudonymizer)
    days = [file.delivery_date for file in files]
    of_day: dict[tuple[date, str], list[FileReport]] = {
        (day, feed): []
        for day in _range(first or min(days, default=None), last or max(days, default=None))
        for feed in feeds
    }
    for file in files:
        of_day[file.delivery_date, file.feed].append(reports[file.path])
    strangers = tuple(source.list_strangers(feeds))
    if strangers:
        _LOG.warning("%d entries of the landing area were not read", len(strangers))
    reported = (DayReport(feed, day, tuple(done)) for (day, feed), done in of_day.items())
    return IngestReport(tuple(reported), strangers)


def clean_orphans(home: Home) -> int:
    """Removes what an interrupted run left: lake files and vault rows that no catalog row names.

    Returns how many lake files were removed. Only while nobody else ingests into this home.
    """
    with Catalog.opened(home) as catalog:
        versions, named = catalog.file_versions(), catalog.lake_files()
    remove_parts(home)
    left = orphans(home, named)
    for path in left:
        path.unlink()
    vault.forget_other_versions(home, [version.file_version_id for version in versions])
    if left:
        _LOG.info("removed %d lake files that no delivery names", len(left))
    return len(left)


def _check_feeds(feeds: Sequence[str]) -> None:
    for feed in feeds:
        if feed not in FEEDS:
            raise LusError(
                "there is no such feed",
                where=redact(feed),
                todo=f"name one of {', '.join(FEEDS)}",
            )


def _range(first: date | None, last: date | None) -> list[date]:
    if first is None or last is None:
        return []
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _take_in(
    home: Home,
    source: Source,
    files: Sequence[DeliveredFile],
    pseudonymizer: Pseudonymizer,
) -> dict[str, FileReport]:
    """Reports of all files by path, after reading those that are new, a batch at a time."""
    reports: dict[str, FileReport] = {}
    progress = Progress("files read")
    waiting: list[PlannedFile] = []
    known_keys = vault.KnownKeys()
    with Catalog.opened(home) as catalog, TypingEngine(pseudonymizer) as engine:
        for done, file in enumerate(files, start=1):
            content, path = examine(source, file), recorded_path(file.path, pseudonymizer)
            known = _look_up(catalog, file, path, content)
            if known:
                reports[file.path] = report_known(known)
            else:
                identity = version_id(path, content.sha256, 1)
                waiting.append(
                    PlannedFile(file, path, content, "delivery", identity, file.delivery_date)
                )
            size = sum(each.content.size_bytes for each in waiting)
            if len(waiting) >= BATCH_FILES or size >= BATCH_BYTES or done == len(files):
                batch = Batch(home, source, engine, known_keys)
                for result in batch.read(waiting):
                    reports[result.planned.file.path] = report_read(result)
                batch.commit(catalog)
                waiting.clear()
                progress.at(done, len(files))
    return reports


def _look_up(
    catalog: Catalog, file: DeliveredFile, path: str, content: Content
) -> FileVersion | None:
    """The file's version if it was read before, its refusal if it changed since, None if new."""
    versions = catalog.versions_of(path)
    if not versions:
        return None
    if versions[-1].content_hash == content.sha256:
        catalog.settle_refusals(path)
        return versions[-1]
    refusal = FileVersion(
        file_version_id=version_id(path, content.sha256, REFUSED),
        feed=file.feed,
        delivery_date=file.delivery_date,
        path=path,
        content_hash=content.sha256,
        size_bytes=content.size_bytes,
        kind="delivery",
        status=REFUSED,
        reason_code=ReasonCode.FILE_CHANGED.value,
        rows_delivered=0,
        rows_quarantined=0,
        unknown_columns=0,
        lake_file=None,
        counts_from=file.delivery_date,
        counts_until=None,
        recorded_at=now(),
    )
    catalog.record_refusal(refusal)
    _LOG.warning("%s was read before with other content: refused", redact(path))
    return refusal
