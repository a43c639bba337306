"""Where deliveries come from: what a source must offer, and the local folder that offers it.

A source only finds and opens files. Whether one is new, readable or accepted is decided later.
"""

import re
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


class LocalFolder:
    """A landing area on this machine: `<root>/<feed>/<YYYY-MM-DD>/<any name>.<format>`."""

    def __init__(self, root: Path) -> None:
        """root: the landing area; LusError when it is not a folder."""
        if not root.is_dir():
            raise LusError(
                "there is no landing area",
                where=redact(str(root)),
                todo="name the folder that holds <feed>/<YYYY-MM-DD>/<files>",
            )
        self._root = root.resolve()

    def list_deliveries(self, feed: str, day: date | None = None) -> list[DeliveredFile]:
        """The feed's files, of one day or of all, ordered by delivery date and path.

        LusError when a folder may not be read.
        """
        with self._errors_named():
            days = _entries(self._root / feed) if day is None else [self._day_folder(feed, day)]
            found = [
                DeliveredFile(feed, delivery_date, self._relative(path), kind)
                for folder in days
                if (delivery_date := _day_of(folder.name))
                and self._is_own_folder(folder.parent)
                and self._is_own_folder(folder)
                for path in _entries(folder)
                if self._refusal(path) is None and (kind := _format_of(path.name))
            ]
        return sorted(found, key=lambda file: (file.delivery_date, file.path))

    def list_strangers(self, feeds: Collection[str]) -> list[Stranger]:
        """What lies in these feeds' folders, or in no feed's, and is not read; by path."""
        with self._errors_named():
            return sorted(self._strangers(feeds), key=lambda stranger: stranger.path)

    def open(self, file: DeliveredFile) -> BinaryIO:
        """The file's bytes; LusError when it is gone or may not be read."""
        with self._errors_named():
            return (self._root / file.path).open("rb")

    def _strangers(self, feeds: Collection[str]) -> Iterator[Stranger]:
        for entry in _entries(self._root):
            if entry.name.startswith("_"):
                continue  # by convention not a delivery: a simulated area keeps its truth there
            if not self._is_own_folder(entry):
                yield self._stranger(entry, AnomalyCode.MISPLACED_FILE)
            elif entry.name not in FEEDS:
                yield self._stranger(entry, AnomalyCode.UNKNOWN_FOLDER)
            elif entry.name in feeds:
                yield from self._strangers_in_feed(entry.name)

    def _strangers_in_feed(self, feed: str) -> Iterator[Stranger]:
        for folder in _entries(self._root / feed):
            if not self._is_own_folder(folder):
                yield self._stranger(folder, AnomalyCode.MISPLACED_FILE)
            elif _day_of(folder.name) is None:
                yield self._stranger(folder, AnomalyCode.UNKNOWN_FOLDER)
            else:
                for path in _entries(folder):
                    code = self._refusal(path)
                    if code:
                        yield self._stranger(path, code)
                    elif _format_of(path.name) is None:
                        yield self._stranger(path, AnomalyCode.UNKNOWN_FILE_TYPE)

    def _stranger(self, path: Path, code: AnomalyCode) -> Stranger:
        """The entry with its code, unless it is a link or name that says more."""
        refusal = self._refusal(path)
        if refusal is AnomalyCode.LINK_REFUSED or refusal is AnomalyCode.FILE_NAME_NOT_UTF8:
            code = refusal
        return Stranger(redact(self._relative(path).encode("utf-8", "replace").decode()), code)

    def _refusal(self, path: Path) -> AnomalyCode | None:
        """Why an entry of a day's folder is not read whatever its ending, or None."""
        try:
            path.name.encode()
        except UnicodeEncodeError:
            return AnomalyCode.FILE_NAME_NOT_UTF8
        if path.is_symlink() and not self._leads_inside(path):
            return AnomalyCode.LINK_REFUSED
        if path.is_dir():
            return AnomalyCode.UNKNOWN_FOLDER
        # devices and pipes would block a reader for ever
        return None if path.is_file() else AnomalyCode.UNKNOWN_FILE_TYPE

    def _leads_inside(self, path: Path) -> bool:
        target = path.resolve()
        return target.is_relative_to(self._root) and target.exists()

    def _is_own_folder(self, path: Path) -> bool:
        return path.is_dir() and (not path.is_symlink() or self._leads_inside(path))

    def _day_folder(self, feed: str, day: date) -> Path:
        return self._root / feed / day.isoformat()

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


def _entries(folder: Path) -> list[Path]:
    """What a folder holds, hidden entries too; nothing when it is not there."""
    try:
        return sorted(folder.iterdir())
    except FileNotFoundError:
        return []


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
