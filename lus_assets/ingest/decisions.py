"""What only an operator decides: corrections, replays, gaps. Each is recorded with its reason."""

import hashlib
from datetime import date

from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.ingest.batch import Batch
from lus_assets.ingest.catalog import Catalog, Decision, FileVersion, now
from lus_assets.ingest.contract import FEEDS
from lus_assets.ingest.files import Content, PlannedFile, examine, version_id
from lus_assets.ingest.report import FileReport, report_read
from lus_assets.ingest.source import DeliveredFile, Source
from lus_assets.ingest.typing_engine import TypingEngine
from lus_assets.privacy.keys import Pseudonymizer
from lus_assets.privacy.redact import redact

ACCEPT_CORRECTION = "accept_correction"
REPLAY = "replay"
ACKNOWLEDGE_GAP = "acknowledge_gap"


def accept_correction(
    home: Home,
    source: Source,
    path: str,
    reason: str,
    counts_from: date,
    pseudonymizer: Pseudonymizer,
) -> FileReport:
    """Takes in what now lies at a path that was read before with other content.

    path: relative to the landing area. The new content counts for every as_of from `counts_from`
    (not before the delivery date) on, the old one before it; its rows stay in the lake. LusError,
    with nothing changed, when the content is the one that counts or cannot be read.
    """
    return _read_again(
        home, source, path, reason, counts_from, pseudonymizer, kind=ACCEPT_CORRECTION
    )


def replay(
    home: Home,
    source: Source,
    path: str,
    reason: str,
    counts_from: date,
    pseudonymizer: Pseudonymizer,
) -> FileReport:
    """Reads a file's same content again with today's code, after a fix.

    Arguments and effect as in `accept_correction`. LusError, with nothing changed, when the
    landing area no longer holds the content that counts.
    """
    return _read_again(home, source, path, reason, counts_from, pseudonymizer, kind=REPLAY)


def acknowledge_gap(home: Home, feed: str, day: date, reason: str) -> Decision:
    """Records that a feed's day without any file is known and accepted; again is a no-op.

    LusError when the feed is unknown, files of that day were accepted, or no reason is given.
    """
    if feed not in FEEDS:
        raise LusError(
            "there is no such feed", where=redact(feed), todo=f"name one of {', '.join(FEEDS)}"
        )
    where = f"{feed}/{day.isoformat()}"
    decision = _decision(ACKNOWLEDGE_GAP, feed, day, None, None, day, _checked(reason, where))
    with Catalog.opened(home) as catalog:
        if any(
            version.feed == feed and version.delivery_date == day and version.status == "accepted"
            for version in catalog.file_versions()
        ):
            raise LusError(
                "this day has a delivery, so it is no gap",
                where=where,
                todo="acknowledge only days without any file",
            )
        if decision.decision_id not in {each.decision_id for each in catalog.decisions()}:
            catalog.record([], decision)
    return decision


def _read_again(
    home: Home,
    source: Source,
    path: str,
    reason: str,
    counts_from: date,
    pseudonymizer: Pseudonymizer,
    *,
    kind: str,
) -> FileReport:
    where = redact(path)
    reason = _checked(reason, where)
    file = _find(source, path)
    _check_date(counts_from, file, where)
    content = examine(source, file)
    with Catalog.opened(home) as catalog, TypingEngine(pseudonymizer) as engine:
        versions = catalog.versions_of(path)
        _check_content(versions, content, where, kind=kind)
        identity = version_id(path, content.sha256, len(versions) + 1)
        planned = PlannedFile(
            file, content, "replay" if kind == REPLAY else "correction", identity, counts_from
        )
        decision = _decision(
            kind, file.feed, file.delivery_date, path, content.sha256, counts_from, reason
        )
        batch = Batch(home, source, engine)
        (result,) = batch.read([planned])
        if result.fault:
            batch.discard()
            raise LusError(
                f"the file as it lies there now cannot be read: {result.fault.reason_code.value} "
                f"({result.fault.hint})",
                where=where,
                todo="have the sender deliver it again; what counted before still counts",
            )
        batch.commit(catalog, decision)
    return report_read(result)


def _find(source: Source, path: str) -> DeliveredFile:
    feed = path.partition("/")[0]
    found = [file for file in source.list_deliveries(feed) if file.path == path]
    if feed not in FEEDS or not found:
        raise LusError(
            "the landing area has no such file",
            where=redact(path),
            todo="give the path as the report shows it: <feed>/<YYYY-MM-DD>/<file name>",
        )
    return found[0]


def _check_date(counts_from: date, file: DeliveredFile, where: str) -> None:
    if counts_from < file.delivery_date:
        raise LusError(
            "content cannot count before it was delivered",
            where=where,
            todo=f"give a date from {file.delivery_date.isoformat()} on",
        )


def _check_content(versions: list[FileVersion], content: Content, where: str, *, kind: str) -> None:
    if not versions:
        raise LusError(
            "this file was never read", where=where, todo="run the ordinary ingestion first"
        )
    is_same = versions[-1].content_hash == content.sha256
    if kind == ACCEPT_CORRECTION and is_same:
        raise LusError(
            "this content counts already",
            where=where,
            todo="nothing; to read it again after a fix, use replay",
        )
    if kind == REPLAY and not is_same:
        raise LusError(
            "the landing area holds other content than the one that counts",
            where=where,
            todo="put the old content back, or accept the new one as a correction",
        )


def _checked(reason: str, where: str) -> str:
    """The reason as it is recorded: it must say something, and nothing about a person."""
    stripped = reason.strip()
    if not stripped or redact(stripped) != stripped:
        raise LusError(
            "the reason holds something like a person id" if stripped else "no reason is given",
            where=where,
            todo="say in a sentence why, without naming a person: it is kept for ever",
        )
    return stripped


def _decision(
    kind: str,
    feed: str,
    delivery_date: date,
    path: str | None,
    content_hash: str | None,
    counts_from: date,
    reason: str,
) -> Decision:
    """The decision, with an id made of its content."""
    parts = (kind, feed, delivery_date, path or "", content_hash or "", counts_from, reason)
    identity = hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:32]
    return Decision(
        identity, kind, feed, delivery_date, path, content_hash, counts_from, reason, now()
    )
