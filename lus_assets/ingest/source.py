"""Where deliveries come from: what a source must offer, and the folder that offers it.

A source only finds and opens files. Whether one is new, readable or accepted is decided later.
"""

import errno
import os
import re
from abc import ABC, abstractmethod
from collections.abc import Collection, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import BinaryIO, Protocol

from lus_assets.core.errors import LusError
from lus_assets.ingest.codes import AnomalyCode
from lus_assets.ingest.contract import FEEDS
from lus_assets.privacy.redact import redact

FORMATS = ("csv.gz", "jsonl.gz", "csv", "jsonl", "parquet")
_SAY_MORE = frozenset(
    {AnomalyCode.LINK_REFUSED, AnomalyCode.FILE_NAME_NOT_UTF8, AnomalyCode.FILE_NAME_UNSAFE}
)
_DAY_FOLDER = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True)
class DeliveredFile:
    """One file to read. path: relative to the source, `/` between parts; it names the file."""

    feed: str
    delivery_date: date
    path: str
    format: str


@dataclass(frozen=True)
class Stranger:
    """Something in the landing area that is not read (path redacted), and why."""

    path: str
    code: AnomalyCode


class Source(Protocol):
    """Where deliveries come from. Any adapter (object store, SFTP, database) offers these three."""

    def list_deliveries(self, feed: str, day: date | None = None) -> list[DeliveredFile]:
        """The feed's files, of one day or of all, ordered by delivery date and path."""
        ...

    def list_strangers(self, feeds: Collection[str]) -> list[Stranger]:
        """What lies in these feeds' places, or in no feed's, and is not read; by path."""
        ...

    def open(self, file: DeliveredFile) -> BinaryIO:
        """The file's bytes from the start; seekable. LusError when it cannot be opened."""
        ...


@dataclass(frozen=True)
class Entry:
    """What a landing area holds in one place.

    path: relative to it, `/` between parts; is_folder: one to look into; refusal: why it is not
    read as a file, whatever its ending.
    """

    path: str
    is_folder: bool
    refusal: AnomalyCode | None

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]


class LandingArea(ABC):
    """`<feed>/<YYYY-MM-DD>/<any name>.<format>`, wherever it lies; subclasses list and open."""

    @abstractmethod
    def entries(self, folder: str) -> list[Entry]:
        """What a folder holds (empty: the area itself), hidden entries too, by path.

        Nothing when it is not there; LusError when it may not be read.
        """

    @abstractmethod
    def open(self, file: DeliveredFile) -> BinaryIO:
        """The file's bytes from the start; LusError when it is gone or may not be read."""

    def list_deliveries(self, feed: str, day: date | None = None) -> list[DeliveredFile]:
        """The feed's files, of one day or of all, ordered by delivery date and path.

        LusError when a folder may not be read.
        """
        found = [
            DeliveredFile(feed, delivery_date, file.path, kind)
            for own in self.entries("")
            if own.name == feed and own.is_folder
            for folder in self.entries(feed)
            if folder.is_folder
            and (delivery_date := _day_of(folder.name))
            and day in (None, delivery_date)
            for file in self.entries(folder.path)
            if file.refusal is None and (kind := _format_of(file.name))
        ]
        return sorted(found, key=lambda file: (file.delivery_date, file.path))

    def list_strangers(self, feeds: Collection[str]) -> list[Stranger]:
        """What lies in these feeds' folders, or in no feed's, and is not read; by path."""
        return sorted(self._strangers(feeds), key=lambda stranger: stranger.path)

    def _strangers(self, feeds: Collection[str]) -> Iterator[Stranger]:
        for entry in self.entries(""):
            if entry.name.startswith("_"):
                continue  # by convention not a delivery: a simulated area keeps its truth there
            if not entry.is_folder:
                yield _stranger(entry, AnomalyCode.MISPLACED_FILE)
            elif entry.name not in FEEDS:
                yield _stranger(entry, AnomalyCode.UNKNOWN_FOLDER)
            elif entry.name in feeds:
                yield from self._strangers_in_feed(entry.name)

    def _strangers_in_feed(self, feed: str) -> Iterator[Stranger]:
        for folder in self.entries(feed):
            if not folder.is_folder:
                yield _stranger(folder, AnomalyCode.MISPLACED_FILE)
            elif _day_of(folder.name) is None:
                yield _stranger(folder, AnomalyCode.UNKNOWN_FOLDER)
            else:
                for file in self.entries(folder.path):
                    if file.refusal:
                        yield _stranger(file, file.refusal)
                    elif _format_of(file.name) is None:
                        yield _stranger(file, AnomalyCode.UNKNOWN_FILE_TYPE)


class LocalFolder(LandingArea):
    """A landing area on this machine."""

    def __init__(self, root: Path) -> None:
        """root: the landing area; LusError when it is not a folder."""
        if not root.is_dir():
            raise LusError(
                "there is no landing area",
                where=redact(str(root)),
                todo="name the folder that holds <feed>/<YYYY-MM-DD>/<files>",
            )
        self._root = root.resolve()

    def entries(self, folder: str) -> list[Entry]:
        """What a folder holds, by path; LusError when it may not be read."""
        with self._errors_named():
            return [
                Entry(
                    f"{folder}/{each.name}" if folder else each.name,
                    self._is_own_folder(each),
                    self._refusal(each),
                )
                for each in _held(self._root / folder)
            ]

    def open(self, file: DeliveredFile) -> BinaryIO:
        """The file's bytes; LusError when it is gone or may not be read."""
        with self._errors_named():
            return (self._root / file.path).open("rb")

    def _refusal(self, entry: os.DirEntry[str]) -> AnomalyCode | None:
        """Why an entry is not read as a file whatever its ending, or None."""
        try:
            entry.name.encode()
        except UnicodeEncodeError:
            return AnomalyCode.FILE_NAME_NOT_UTF8
        if entry.is_symlink() and not self._leads_inside(entry):
            return AnomalyCode.LINK_REFUSED
        if entry.is_dir():
            return AnomalyCode.UNKNOWN_FOLDER
        # devices and pipes would block a reader for ever
        return None if entry.is_file() else AnomalyCode.UNKNOWN_FILE_TYPE

    def _leads_inside(self, entry: os.DirEntry[str]) -> bool:
        target = Path(entry.path).resolve()
        return target.is_relative_to(self._root) and target.exists()

    def _is_own_folder(self, entry: os.DirEntry[str]) -> bool:
        return entry.is_dir() and (not entry.is_symlink() or self._leads_inside(entry))

    @contextmanager
    def _errors_named(self) -> Generator[None]:
        """What the system refuses leaves as LusError that names the entry, relative to the root."""
        try:
            yield
        except OSError as error:
            path = Path(str(error.filename or self._root))
            inside = path.is_relative_to(self._root)
            raise LusError(
                "a part of the landing area cannot be read "
                f"({error.strerror or type(error).__name__})",
                where=redact(self._relative(path) if inside else path.name),
                todo="give this user the right to read it (and to enter its folder), then run "
                "again",
            ) from None

    def _relative(self, path: Path) -> str:
        return path.relative_to(self._root).as_posix()


def _stranger(entry: Entry, code: AnomalyCode) -> Stranger:
    """The entry with its code, unless its name or what it is says more."""
    if entry.refusal and entry.refusal in _SAY_MORE:
        code = entry.refusal
    return Stranger(redact(entry.path.encode("utf-8", "replace").decode()), code)


def _held(folder: Path) -> list[os.DirEntry[str]]:
    """What a folder holds, hidden entries too, by name; nothing when it is not there."""
    try:
        with os.scandir(folder) as entries:
            held = sorted(entries, key=lambda entry: entry.name)
    except FileNotFoundError:
        return []
    # names may be listed of a folder that may not be entered
    if held and not os.access(folder, os.X_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(folder))
    return held


def _day_of(name: str) -> date | None:
    if not _DAY_FOLDER.fullmatch(name):
        return None
    try:
        return date.fromisoformat(name)
    except ValueError:
        return None


def _format_of(name: str) -> str | None:
    lowered = name.lower()
    return next((kind for kind in FORMATS if lowered.endswith("." + kind)), None)
