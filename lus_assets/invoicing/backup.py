"""A backup of what cannot be made again, and back. The warehouse and what is published can be.

A tar file (0600) with a manifest: ledger, vault, the region's own rows, what was received, and the
lake with its catalog (operators' decisions, contents that were replaced since).
"""

import io
import json
import os
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.ingest.catalog import Catalog
from lus_assets.ingest.lake import file_sha256
from lus_assets.ledger.ledger import Entry, Ledger
from lus_assets.warehouse.project import code_version

_FOLDERS = ("ledger", "vault", "region", "received", "lake")
_VERSION = "version"
_MANIFEST = "backup.json"
_PASSING = (".wal", "-journal", ".writing", ".part")
"""Ends of names of files that only exist while something is written."""


@dataclass(frozen=True)
class BackupReport:
    """What a backup holds: files, bytes, and the ledger's newest entry, None when it is empty."""

    path: Path
    files: int
    size_bytes: int
    newest: Entry | None


def write_backup(home: Home, path: Path) -> BackupReport:
    """Write a backup; the caller holds the home's writer lock. There whole, or not at all.

    Raises:
        LusError: the ledger's chain is broken, the file is there already, or the disk refuses.
    """
    if path.exists():
        raise LusError("there is a file already", where=str(path), todo="give another name")
    with Ledger.opened(home) as ledger:
        if broken := ledger.broken():
            raise LusError(
                f"the ledger is broken: {broken[0]}",
                where=str(home.ledger),
                todo="restore the last backup; a backup of this would hide what happened",
            )
        entries = ledger.entries()
    newest = entries[-1] if entries else None
    with Catalog.opened(home):
        pass  # what a killed process left half in it is undone by opening it, as in the ledger
    files = list(_to_keep(home))
    part = path.with_name(path.name + ".part")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            hashes = _write(out, home, files, newest)
            out.flush()
            os.fsync(out.fileno())
        part.rename(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise LusError(
            f"the backup cannot be written ({error.strerror or type(error).__name__})",
            where=str(path),
            todo="make room, or give another folder; nothing was kept",
        ) from None
    return BackupReport(path, len(hashes), path.stat().st_size, newest)


def restore_backup(path: Path, home: Home) -> BackupReport:
    """Bring a backup back into a home that has nothing of its own yet.

    Raises:
        LusError: the home is not empty, or the backup is not whole; then nothing is brought back.
    """
    if home.root.exists() and any(home.root.iterdir()):
        raise LusError(
            "the home is not empty", where=str(home.root), todo="restore into a new folder"
        )
    aside = home.root.with_name(f".{home.root.name}.restoring")
    if aside.exists():
        raise LusError(
            "another restore has left something", where=str(aside), todo="remove it, then try again"
        )
    aside.mkdir(parents=True, mode=0o700)
    manifest = _extract(path, aside)
    if home.root.exists():
        home.root.rmdir()
    aside.rename(home.root)
    home.prepare()
    with Ledger.opened(home) as ledger:
        entries = ledger.entries()
    newest = entries[-1] if entries else None
    return BackupReport(path, len(manifest["files"]), path.stat().st_size, newest)


def _to_keep(home: Home) -> Iterator[Path]:
    if home.version_file.exists():
        yield home.version_file
    for folder in _FOLDERS:
        for path in sorted((home.root / folder).rglob("*")):
            if path.is_file() and not path.name.endswith(_PASSING):
                yield path


def _write(out: Any, home: Home, files: list[Path], newest: Entry | None) -> dict[str, str]:
    hashes = {each.relative_to(home.root).as_posix(): file_sha256(each) for each in files}
    manifest = {
        "code_version": code_version(),
        "newest_entry": newest and {"sequence": newest.sequence, "entry_hash": newest.entry_hash},
        "files": hashes,
    }
    content = json.dumps(manifest, indent=2, sort_keys=True).encode()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        info = tarfile.TarInfo(_MANIFEST)
        info.size, info.mode = len(content), 0o600
        tar.addfile(info, io.BytesIO(content))
        for each in files:
            tar.add(each, each.relative_to(home.root).as_posix(), recursive=False)
    return hashes


def _extract(path: Path, aside: Path) -> dict[str, Any]:
    """Unpack and compare every file with the manifest; only the names that it lists."""
    try:
        with tarfile.open(path, "r:") as tar:
            first = tar.extractfile(tar.getmember(_MANIFEST))
            manifest: dict[str, Any] = json.loads(first.read() if first else b"{}")
            expected: dict[str, str] = dict(manifest["files"])
            for member in tar.getmembers():
                if member.name in expected and _is_ours(member):
                    tar.extract(member, aside, filter="data")
    except (OSError, KeyError, ValueError, tarfile.TarError) as error:
        raise _not_whole(path, f"it cannot be read ({type(error).__name__})") from None
    for name, sha256 in expected.items():
        file = aside / name
        if not file.is_file() or file_sha256(file) != sha256:
            raise _not_whole(path, f"{name} is missing or was changed")
        file.chmod(0o600)
    return manifest


def _is_ours(member: tarfile.TarInfo) -> bool:
    parts = PurePosixPath(member.name).parts
    is_named = member.name == _VERSION or parts[0] in _FOLDERS
    return member.isfile() and is_named and ".." not in parts


def _not_whole(path: Path, what: str) -> LusError:
    return LusError(
        f"the backup is not whole: {what}",
        where=str(path),
        todo="use another backup; what was unpacked lies beside the home, in a folder .restoring",
    )
