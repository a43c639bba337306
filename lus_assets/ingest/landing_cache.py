"""Deliveries fetched from elsewhere, in the home: whole, by hash, or not at all.

`content/<sha256>` holds bytes as they came, in clear, for their owner only. `index.sqlite`
remembers what the sender's side said of a path (its fingerprint) when it was fetched, under a hash
of the path: a file that still has its fingerprint is not fetched again. No sender names anything
here.
"""

import hashlib
import os
import sqlite3
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile

from lus_assets.core.errors import LusError
from lus_assets.core.home import Home

BLOCK_BYTES = 4 * 1024 * 1024
_TABLE = """
create table if not exists fetched (
    place text primary key, fingerprint text not null, sha256 text not null
) strict
"""
_PART = ".part"


class LandingCache:
    """What one landing area's files were when they were fetched."""

    def __init__(self, home: Home, location: str) -> None:
        """location: the landing area's address; another one's files are others."""
        self._root = home.landing_cache
        self._location = location

    def find(self, path: str, fingerprint: str) -> Path | None:
        """The content of a path that has this fingerprint; None when it is to be fetched.

        A content that is not what its hash says is removed, and fetched again.
        """
        with self._index() as index:
            row = index.execute(
                "select sha256 from fetched where place = ? and fingerprint = ?",
                (self._place(path), fingerprint),
            ).fetchone()
        if row is None:
            return None
        content = self._contents / row[0]
        if not content.is_file():
            return None
        with content.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() == row[0]:
                return content
        content.unlink()
        return None

    def store(self, blocks: Iterable[bytes]) -> Path:
        """The content of these blocks; after an error there is none.

        blocks: their own errors are no OSError, which here means the disk.
        """
        with _disk_errors():
            self._contents.mkdir(mode=0o700, parents=True, exist_ok=True)
            digest = hashlib.sha256()
            with NamedTemporaryFile(dir=self._contents, suffix=_PART) as part:
                for block in blocks:
                    digest.update(block)
                    part.write(block)
                part.flush()
                os.fsync(part.fileno())
                final = self._contents / digest.hexdigest()
                final.unlink(missing_ok=True)
                os.link(part.name, final)
        return final

    def remember(self, path: str, fingerprint: str, content: Path) -> None:
        """From now on a path with this fingerprint has this content."""
        with self._index() as index:
            index.execute(
                "insert or replace into fetched values (?, ?, ?)",
                (self._place(path), fingerprint, content.name),
            )

    @property
    def _contents(self) -> Path:
        return self._root / "content"

    def _place(self, path: str) -> str:
        # a file's name may hold a person id
        return hashlib.sha256(f"{self._location}\0{path}".encode()).hexdigest()

    @contextmanager
    def _index(self) -> Generator[sqlite3.Connection]:
        try:
            with _disk_errors():
                self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
            connection = sqlite3.connect(self._root / "index.sqlite", isolation_level=None)
            try:
                connection.execute(_TABLE)
                yield connection
            finally:
                connection.close()
        except sqlite3.Error as error:
            raise LusError(
                f"the landing cache cannot be read or written ({type(error).__name__})",
                where="landing_cache/index.sqlite in the home folder",
                todo="make room on the disk; a damaged file can be removed: everything is then "
                "fetched once more",
            ) from None


def remove_parts(home: Home) -> None:
    """Remove what a process that was killed had half fetched; only while nobody else fetches."""
    for part in (home.landing_cache / "content").glob(f"*{_PART}"):
        part.unlink()


@contextmanager
def _disk_errors() -> Generator[None]:
    try:
        yield
    except OSError as error:
        raise LusError(
            f"the landing cache cannot be written ({error.strerror or type(error).__name__})",
            where="landing_cache in the home folder",
            todo="make room on the disk or mend the folder's rights, then run again; what was "
            "being fetched does not count, and nothing is lost",
        ) from None
