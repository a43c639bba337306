"""What only an operator decides: corrections, replays, gaps. Each is recorded with its reason."""

import hashlib
from dataclasses import dataclass
from datetime import date
from typing import Any

from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.ingest.batch import Batch
from lus_assets.ingest.catalog import Catalog, Decision, FileVersion, now
from lus_assets.ingest.contract import FEEDS
from lus_assets.ingest.files import Content, PlannedFile, examine, recorded_path, version_id
from lus_assets.ingest.read import FileFaultError
from lus_assets.ingest.received import PREFIX, is_received
from lus_assets.ingest.report import FileReport, report_read
from lus_assets.ingest.source import DeliveredFile, Source
from lus_assets.ingest.typing_engine import TypingEngine
from lus_assets.privacy.keys import Pseudonymizer
from lus_assets.privacy.redact import redact

ACCEPT_CORRECTION = "accept_correction"
REPLAY = "replay"
ACKNOWLEDGE_GAP = "acknowledge_gap"


@dataclass(frozen=True)
class _Request:
    """What the operator asks for."""

    kind: str
    path: str
    reason: str
    counts_from: date


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
    request = _Request(ACCEPT_CORRECTION, path, _checked(reason, redact(path)), counts_from)
    return _read_again(home, source, request, pseudonymizer)


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
    request = _Request(REPLAY, path, _checked(reason, redact(path)), counts_from)
    return _read_again(home, source, request, pseudonymizer)


def acknowledge_gap(home: Home, feed: str, day: date, reason: str) -> Decision:
    """Records that a feed's day without any file is known and accepted; again is a no-op.

    LusError when the feed is unknown, files of that day were accepted, or no reason is given.
    """
    if feed not in FEEDS:
        raise LusError(
            "there is no such feed", where=redact(feed), todo=f"name one of {', '.join(FEEDS)}"
        )
    where = f"{feed}/{day.isoformat()}"
    decision = _identified(
        kind=ACKNOWLEDGE_GAP,
        feed=feed,
        delivery_date=day,
        path=None,
        content_hash=None,
        counts_from=day,
        reason=_checked(reason, where),
    )
    with Catalog.opened(home) as catalog:
        if any(
            version.feed == feed
            and version.delivery_date == day
            and version.status == "accepted"
            and not is_received(version.path)
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
    home: Home, source: Source, request: _Request, pseudonymizer: Pseudonymizer
) -> FileReport:
    where = redact(request.path)
    file, path = _find(source, request.path, pseudonymizer)
    if request.counts_from < file.delivery_date:
        raise LusError(
            "content cannot count before it was delivered",
            where=where,
            todo=f"give a date from {file.delivery_date.isoformat()} on",
        )
    content = examine(source, file)
    with Catalog.opened(home) as catalog, TypingEngine(pseudonymizer) as engine:
        versions = catalog.versions_of(path)
        _check_content(versions, content, where, kind=request.kind)
        batch = Batch(home, source, engine)
        planned = PlannedFile(
            file=file,
            path=path,
            content=content,
            kind="replay" if request.kind == REPLAY else "correction",
            file_version_id=version_id(path, content.sha256, len(versions) + 1),
            counts_from=request.counts_from,
        )
        (result,) = batch.read([planned])
        if result.fault:
            batch.discard()
            raise _unreadable(result.fault, where)
        decision = _identified(
            kind=request.kind,
            feed=file.feed,
            delivery_date=file.delivery_date,
            path=path,
            content_hash=content.sha256,
            counts_from=request.counts_from,
            reason=request.reason,
        )
        batch.commit(catalog, decision)
    return report_read(result)


def _unreadable(fault: FileFaultError, where: str) -> LusError:
    return LusError(
        f"the file as it lies there now cannot be read: {fault.reason_code.value} ({fault.hint})",
        where=where,
        todo="have the sender deliver it again; what counted before still counts",
    )


def _find(source: Source, path: str, pseudonymizer: Pseudonymizer) -> tuple[DeliveredFile, str]:
    """The file of a path, as it lies there or as recorded, and its recorded path."""
    feed = path.removeprefix(PREFIX).partition("/")[0]
    found = [
        (file, recorded)
        for file in source.list_deliveries(feed)
        for recorded in [recorded_path(file.path, pseudonymizer)]
        if path in (file.path, recorded)
    ]
    if feed not in FEEDS or not found:
        raise LusError(
            "the landing area has no such file",
            where=redact(path),
            todo="give the path as the report shows it: <feed>/<YYYY-MM-DD>/<file name>",
        )
    return found[0]


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


def _identified(**parts: Any) -> Decision:
    """The decision of these parts, with an id made of them, so that the same one is found again.

    A second correction by the same words is another decision: its content differs, or its date.
    """
    text = "\0".join(f"{name}={parts[name]}" for name in sorted(parts))
    return Decision(
        decision_id=hashlib.sha256(text.encode()).hexdigest()[:32], recorded_at=now(), **parts
    )
