"""A delivered file's content and identity: its hash, and the id of the version it becomes."""

import hashlib
import io
import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import BinaryIO

from lus_assets.core.errors import LusError
from lus_assets.ingest.read import BLOCK_BYTES
from lus_assets.ingest.source import DeliveredFile, Source
from lus_assets.privacy.keys import Pseudonymizer
from lus_assets.privacy.person_id import holds_person_id, may_hold_person_id
from lus_assets.privacy.redact import redact

REFUSED = "refused"

_DELIVERY_DATE = re.compile(r"/(\d{4}-\d{2}-\d{2})/")
_CLOCK_TIME = r"[-_ ]?(?:[01]\d|2[0-3])[0-5]\d"
_DIGITS_OF_DAY = 8


@dataclass(frozen=True)
class Content:
    """The bytes' SHA-256 (hex) and count; the bytes themselves of a file that fits one block."""

    sha256: str
    size_bytes: int
    held: bytes | None


@dataclass(frozen=True)
class PlannedFile:
    """A file that is to be read as one version of its path.

    path: as recorded; kind: delivery, correction or replay; counts_from: the first as_of that it
    counts for.
    """

    file: DeliveredFile
    path: str
    content: Content
    kind: str
    file_version_id: str
    counts_from: date


def examine(source: Source, file: DeliveredFile) -> Content:
    """Hashes a file. A small one is held, so that what is read is what was hashed."""
    digest = hashlib.sha256()
    size = 0
    held: bytes | None = None
    with source.open(file) as stream:
        while block := _read(stream, file):
            held = block if not size else None
            size += len(block)
            digest.update(block)
    return Content(digest.hexdigest(), size, held if size else b"")


def open_content(source: Source, planned: PlannedFile) -> BinaryIO:
    """The planned file's bytes from the start, from memory where they are held."""
    if planned.content.held is not None:
        return io.BytesIO(planned.content.held)
    return source.open(planned.file)


def check_unchanged(source: Source, planned: PlannedFile) -> None:
    """LusError when a file too large to hold changed between hashing and reading."""
    if planned.content.held is None and examine(source, planned.file) != planned.content:
        raise LusError(
            "the file changed while it was being read",
            where=redact(planned.file.path),
            todo="wait until the sender has finished writing it, then run again; "
            "senders should write under another name and rename",
        )


def recorded_path(path: str, pseudonymizer: Pseudonymizer) -> str:
    """The path as catalog, reports and decisions know it: a person id in it becomes a token.

    So does what only looks like one, its check digit wrong, for a misspelt id is a person's too;
    the token keeps such paths apart. A clock time of the delivery's own days (`_20240305_0500`)
    stays as it is, unless it is a valid id.
    """
    folder, _, name = path.rpartition("/")
    if not may_hold_person_id(_without_clock_times(path)) and not holds_person_id([name])[0]:
        return path
    (token,) = pseudonymizer.tokens("path", [path])
    return f"{folder}/{token[:8]}-{redact(name)}"


def _without_clock_times(path: str) -> str:
    """The file's name without what reads as a time of its delivery date, or of a day beside it."""
    name = path.rpartition("/")[2]
    found = _DELIVERY_DATE.search(path)
    # hardly any name has as many digits, and to make a pattern is dear
    if found is None or sum(each.isdigit() for each in name) < _DIGITS_OF_DAY:
        return name
    delivered = date.fromisoformat(found.group(1))
    for day in (delivered + timedelta(days=each) for each in (-1, 0, 1)):
        name = _clock_times_of(day).sub("", name)
    return name


@lru_cache(maxsize=64)
def _clock_times_of(day: date) -> re.Pattern[str]:
    return re.compile(rf"(?<!\d){day:%Y}-?{day:%m}-?{day:%d}{_CLOCK_TIME}(?!\d)")


def version_id(path: str, content_sha256: str, version: int | str) -> str:
    """The id (32 hex digits) of a file version: the path's first, second … or a refused one."""
    text = "\0".join((path, content_sha256, str(version)))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _read(stream: BinaryIO, file: DeliveredFile) -> bytes:
    try:
        return stream.read(BLOCK_BYTES)
    except OSError as error:
        raise LusError(
            f"the file cannot be read ({error.strerror or type(error).__name__})",
            where=redact(file.path),
            todo="see that the landing area's disk or connection is sound, then run again",
        ) from None
