"""A landing area that fsspec opens: S3, SFTP, Azure and others, with the promises of a folder.

Files are copied to the home's landing cache, whole, before they are read. One object sees the area
as it was listed first. Links are not followed: what they lead to cannot be told from here.
"""

import time
from collections import defaultdict
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import unquote, urlsplit

from lus_assets.core.errors import LusError, UnreachableError
from lus_assets.core.home import Home
from lus_assets.core.source_settings import SourceSettings
from lus_assets.ingest.codes import AnomalyCode
from lus_assets.ingest.landing_cache import BLOCK_BYTES, LandingCache
from lus_assets.ingest.source import DeliveredFile, Entry, LandingArea
from lus_assets.privacy.redact import redact

_CONTENT_MARKS = ("ETag", "etag", "md5Hash", "version_id")
_TIME_MARKS = ("mtime", "LastModified", "last_modified", "updated", "modified")
SETTLED_SECONDS = 120
"""A file may change again within the second its clock tells: only an older time is believed."""

Info = dict[str, Any]


class RemoteFolder(LandingArea):
    """A landing area at an fsspec address."""

    def __init__(self, home: Home, address: str, settings: SourceSettings) -> None:
        """address: without secrets (`parse_landing`); LusError when it cannot be reached."""
        self._cache = LandingCache(home, address)
        self._settings = settings
        self._listed: dict[str, dict[str, list[Entry]]] = {}
        """Feed (empty: the area itself) -> folder -> what it holds."""
        self._infos: dict[str, Info] = {}
        self._shown = redact(address)
        with self._errors_named(self._shown):
            self._fs, root = _file_system(address, settings)
        self._root = root.rstrip("/")

    def entries(self, folder: str) -> list[Entry]:
        """What a folder holds, by path, as it was when first asked for."""
        feed = folder.partition("/")[0]
        if feed not in self._listed:
            with self._errors_named(redact(feed) or self._shown):
                self._listed[feed] = self._list(feed)
        return self._listed[feed].get(folder, [])

    def open(self, file: DeliveredFile) -> BinaryIO:
        """The file's bytes, from the landing cache; they are fetched when it lacks them.

        UnreachableError when the source drops, hangs or sends less than it said.
        """
        info = self._infos.get(file.path)
        content = self._cache.find(file.path, _fingerprint(info)) if info else None
        if content is None:
            with self._errors_named(redact(file.path)):
                content = self._fetch(file.path)
        return content.open("rb")

    def _fetch(self, path: str) -> Path:
        address = f"{self._root}/{path}"
        before = self._fs.info(address)
        content = self._cache.store(self._blocks(address, redact(path)))
        after = self._fs.info(address)
        if _fingerprint(before) != _fingerprint(after):
            raise UnreachableError(
                "the file changed while it was being fetched",
                where=redact(path),
                todo="wait until the sender has finished writing it, then run again; senders "
                "should write under another name and rename",
            )
        if content.stat().st_size != before["size"]:
            raise UnreachableError(
                "the source sent another number of bytes than it said",
                where=redact(path),
                todo="run again; see that the connection is sound when it happens again",
            )
        if _is_settled(before):
            self._cache.remember(path, _fingerprint(before), content)
        self._infos[path] = before
        return content

    def _blocks(self, address: str, where: str) -> Iterator[bytes]:
        with (
            self._errors_named(where),
            self._fs.open(address, "rb", block_size=BLOCK_BYTES, cache_type="none") as remote,
        ):
            while block := remote.read(BLOCK_BYTES):
                yield block

    def _list(self, feed: str) -> dict[str, list[Entry]]:
        """The area's own entries (no feed), or all of a feed's, down to its files; by folder."""
        from fsspec.asyn import AsyncFileSystem

        base = f"{self._root}/{feed}" if feed else self._root
        if not feed:
            found = self._fs.ls(base, detail=True)
        elif isinstance(self._fs, AsyncFileSystem):  # an object store lists keys, not folders
            found = list(dict(self._fs.find(base, detail=True)).values())
        else:
            found = self._walk(base, 2)
        entries: dict[str, Entry] = {}
        for info in found:
            for entry in self._entries_of(info, feed):
                entries.setdefault(entry.path, entry)
        held: dict[str, list[Entry]] = defaultdict(list)
        for path in sorted(entries):
            held[path.rpartition("/")[0]].append(entries[path])
        return held

    def _walk(self, folder: str, depth: int) -> list[Info]:
        try:
            found = list(self._fs.ls(folder, detail=True))
        except FileNotFoundError:
            return []
        below = [each for each in found if each["type"] == "directory" and depth > 1]
        return found + [each for info in below for each in self._walk(info["name"], depth - 1)]

    def _entries_of(self, info: Info, feed: str) -> list[Entry]:
        """The entry of a listed name, after the folders that lead to it below the feed."""
        name = info["name"].removeprefix(self._root).removeprefix("/")
        if info["type"] == "directory":
            name = name.rstrip("/")
        parts = name.split("/")
        found: list[Entry] = []
        for end in range(2 if feed else 1, min(len(parts), 3) + 1):
            path, is_last = "/".join(parts[:end]), end == len(parts)
            refusal = _name_refusal(parts[end - 1])
            is_folder = not is_last or info["type"] == "directory"
            if not is_folder and not parts[-1]:
                break  # the mark that some tools leave for an empty folder
            kind = AnomalyCode.UNKNOWN_FOLDER if is_folder else _kind_refusal(info["type"])
            found.append(Entry(path, is_folder and refusal is None, refusal or kind))
            if refusal is not None:
                break
            if is_last and not is_folder:
                self._infos[path] = info
        return found

    @contextmanager
    def _errors_named(self, where: str) -> Generator[None]:
        """What a file system raises leaves as ours: its own text may name more than it should."""
        try:
            yield
        except LusError:
            raise
        except FileNotFoundError:
            raise LusError(
                "there is no such place in the landing area",
                where=where,
                todo="see that --landing names what holds <feed>/<YYYY-MM-DD>/<files>, and that "
                "the sender has not taken it away",
            ) from None
        except PermissionError:
            raise LusError(
                "the landing area may not be read",
                where=where,
                todo="see that account and keys (docs/settings.md) have the right to read it",
            ) from None
        except UnicodeDecodeError:
            raise LusError(
                "a name in the landing area is not UTF-8, and its folder cannot be listed",
                where=where,
                todo="have the sender rename it",
            ) from None
        except ImportError:
            raise LusError(
                "the landing area's kind needs a Python package that is not installed",
                where=where,
                todo="install fsspec's file system for this scheme (abfs: adlfs, gs: gcsfs)",
            ) from None
        except Exception as error:  # noqa: BLE001 - every file system has its own family of errors
            raise UnreachableError(
                f"the landing area does not answer as it should ({type(error).__name__})",
                where=where,
                todo="see that address, connection and account are right, then run again; what "
                "was being fetched does not count, and nothing is lost",
            ) from None


def _file_system(address: str, settings: SourceSettings) -> tuple[Any, str]:
    """The address's file system and its path there."""
    import fsspec

    scheme = urlsplit(address).scheme.lower()
    if scheme in ("sftp", "ssh"):
        from lus_assets.ingest.sftp import KnownHostsSftp

        parts = urlsplit(address)
        account = {"username": parts.username} if parts.username else {}
        file_system = KnownHostsSftp(
            parts.hostname or "",
            connect_seconds=settings.connect_seconds,
            read_seconds=settings.read_seconds,
            port=parts.port or 22,
            **{**settings.options, **account},
        )
        return file_system, unquote(parts.path)
    options = {**settings.options, "skip_instance_cache": True, "use_listings_cache": False}
    if scheme in ("s3", "s3a"):
        options["config_kwargs"] = {
            **settings.options.get("config_kwargs", {}),
            "connect_timeout": settings.connect_seconds,
            "read_timeout": settings.read_seconds,
            "retries": {"max_attempts": 1},
        }
    file_system, path = fsspec.url_to_fs(address, **options)
    if hasattr(file_system, "retries"):
        file_system.retries = 2  # s3fs tries five times what botocore has tried before
    return file_system, path


def _name_refusal(name: str) -> AnomalyCode | None:
    try:
        name.encode()
    except UnicodeEncodeError:
        return AnomalyCode.FILE_NAME_NOT_UTF8
    is_safe = name not in ("", ".", "..") and name.isprintable() and "\\" not in name
    return None if is_safe else AnomalyCode.FILE_NAME_UNSAFE


def _kind_refusal(kind: str) -> AnomalyCode | None:
    refusals = {"file": None, "link": AnomalyCode.LINK_REFUSED}
    return refusals.get(kind, AnomalyCode.UNKNOWN_FILE_TYPE)


def _fingerprint(info: Info) -> str:
    """What the source says of a file: its size, and its marks of content and time."""
    marks = [f"{name}={info[name]}" for name in (*_CONTENT_MARKS, *_TIME_MARKS) if info.get(name)]
    return "; ".join([f"size={info['size']}", *marks])


def _is_settled(info: Info) -> bool:
    """Does another content certainly have another fingerprint?"""
    if any(info.get(name) for name in _CONTENT_MARKS):
        return True
    changed = next((info[name] for name in _TIME_MARKS if info.get(name)), None)
    if isinstance(changed, datetime):
        changed = changed.timestamp()
    return isinstance(changed, int | float) and time.time() - changed > SETTLED_SECONDS
