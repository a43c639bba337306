"""Deliveries that this installation makes itself: what municipalities send back, and decisions.

They lie in `<home>/received/<feed>/<YYYY-MM-DD>/<nnn>-<hash>.csv`, readable by their owner only,
and are ingested beside the landing area, by the same rules. Their paths begin with `received/`. A
feed whose landing area holds no file for a day has a gap, whatever was received.
"""

import hashlib
from collections.abc import Collection
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import BinaryIO

from lus_assets.core.durable import sync, write_durably
from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.core.location import Landing
from lus_assets.ingest.landing import open_landing
from lus_assets.ingest.source import DeliveredFile, LocalFolder, Source, Stranger

PREFIX = "received/"


def delivery_source(home: Home, landing: Landing) -> Source:
    """All that is to be ingested: the landing area, and what the home received.

    LusError when there is no landing area, or it cannot be reached.
    """
    return with_received(open_landing(home, landing), home)


def with_received(landing: Source, home: Home) -> Source:
    """A landing area that is open already, and what the home received."""
    return _WithReceived(landing, home)


def is_received(path: str) -> bool:
    """Was the file of this path received, and not delivered to the landing area?"""
    return path.startswith(PREFIX)


def received_files(home: Home, feed: str, day: date | None = None) -> list[DeliveredFile]:
    """What the home received for a feed, of one day or of all, by delivery date and path."""
    if not home.received.is_dir():
        return []
    found = LocalFolder(home.received).list_deliveries(feed, day)
    return [replace(file, path=PREFIX + file.path) for file in found]


def open_received(home: Home, file: DeliveredFile) -> BinaryIO:
    """A received file's bytes; LusError when it is gone or may not be read."""
    inside = replace(file, path=file.path.removeprefix(PREFIX))
    return LocalFolder(home.received).open(inside)


def receive(home: Home, feed: str, day: date, content: bytes) -> Path | None:
    """Lay a CSV file where ingestion finds it, as delivered on `day`; the caller holds the lock.

    Files of a day are numbered, so that of two rows that claim the same moment the one received
    later counts. None: this content was received before, on any day, and nothing was written.
    LusError when the disk fails; then nothing counts as received.
    """
    name = hashlib.sha256(content).hexdigest()[:16]
    feed_folder = home.received / feed
    if any(feed_folder.glob(f"*/*-{name}.csv")):
        return None
    folder = feed_folder / day.isoformat()
    try:
        for each in (home.received, feed_folder, folder):
            each.mkdir(mode=0o700, exist_ok=True)
        number = len(list(folder.glob("*.csv"))) + 1
        path = folder / f"{number:03}-{name}.csv"
        _write_whole(path, content)
    except OSError as error:
        raise LusError(
            f"what was received cannot be kept ({error.strerror or type(error).__name__})",
            where=f"{PREFIX}{feed}/{day.isoformat()} in the home folder",
            todo="make room on the disk or mend the folder's rights, then do it again",
        ) from None
    return path


def _write_whole(path: Path, content: bytes) -> None:
    """Under its final name only when the disk has it all; what a kill leaves is built over."""
    part = path.parent / ".receiving.part"
    part.unlink(missing_ok=True)
    write_durably(part, content, 0o600)
    part.rename(path)
    sync(path.parent)


class _WithReceived:
    """A landing area and what the home received, as one source."""

    def __init__(self, landing: Source, home: Home) -> None:
        self._landing = landing
        self._home = home

    def list_deliveries(self, feed: str, day: date | None = None) -> list[DeliveredFile]:
        """The feed's files of both, ordered by delivery date and path."""
        both = self._landing.list_deliveries(feed, day) + received_files(self._home, feed, day)
        return sorted(both, key=lambda file: (file.delivery_date, file.path))

    def list_strangers(self, feeds: Collection[str]) -> list[Stranger]:
        """What is not read in the landing area; the other folder is only ours to write."""
        return self._landing.list_strangers(feeds)

    def open(self, file: DeliveredFile) -> BinaryIO:
        """The file's bytes from the start."""
        if is_received(file.path):
            return open_received(self._home, file)
        return self._landing.open(file)
