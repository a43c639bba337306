"""Write-once releases: a folder of files with a manifest, there whole or not at all, for ever.

`manifest.json` is a function of the content and of what it was made from; when it was written
stands beside in `recorded.json`, which nothing hashes.
"""

import errno
import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lus_assets.core.durable import sync, write_durably
from lus_assets.core.errors import LusError
from lus_assets.publishing.building import building_folder, make_folders

MANIFEST = "manifest.json"
RECORDED = "recorded.json"


@dataclass(frozen=True)
class DataFile:
    """A file of a release. `rows`: its data rows, None where rows mean nothing."""

    name: str
    content: bytes
    rows: int | None = None

    @property
    def entry(self) -> dict[str, Any]:
        """What the manifest says of it: name, bytes, sha256, rows."""
        return {
            "name": self.name,
            "bytes": len(self.content),
            "sha256": hashlib.sha256(self.content).hexdigest(),
            "rows": self.rows,
        }


@dataclass(frozen=True)
class Release:
    """A release that is there. `is_new`: this call wrote it; otherwise it was there before."""

    folder: Path
    content_hash: str
    manifest: dict[str, Any]
    is_new: bool

    @property
    def version(self) -> int | None:
        """N of a folder `v<N>`, else None."""
        return _version(self.folder)

    @property
    def as_of(self) -> str:
        """The day that it was known at (YYYY-MM-DD); empty where its manifest names none."""
        return self.manifest.get("as_of", "")

    @property
    def row_counts(self) -> dict[str, int]:
        """File -> data rows, of the files that have rows."""
        files = self.manifest["files"]
        return {each["name"]: each["rows"] for each in files if each["rows"] is not None}


@dataclass(frozen=True)
class Verification:
    """How a release differs from its manifest: names of files."""

    changed: tuple[str, ...]
    missing: tuple[str, ...]
    extra: tuple[str, ...]

    @property
    def is_intact(self) -> bool:
        """Is every file there as it was written, and no other?"""
        return not (self.changed or self.missing or self.extra)


def write_once(
    published: Path,
    folder: Path,
    files: Sequence[DataFile],
    facts: Mapping[str, Any],
    *,
    content_hash: str | None = None,
    mode: int = 0o600,
) -> Release:
    """Write a release of one version for ever at `folder`, below `published`.

    facts: what the manifest says beside the files (kind, month, as_of, rulesets, code_version,
    reason, …), JSON values only. content_hash: what equal means; by default a hash of the files.
    mode: of the files; folders get the search bits that belong to it. Where a release of equal
    content is there already, nothing is written.

    Raises:
        LusError: a release with other content is there, or something that is no release.
    """
    manifest = _manifest(files, facts, content_hash)
    while True:
        there = find_release(folder)
        if there is not None:
            return _same(there, manifest["content_hash"])
        if _put(published, folder, files, manifest, mode):
            return Release(folder, manifest["content_hash"], manifest, is_new=True)


def write_version(
    published: Path,
    folder: Path,
    files: Sequence[DataFile],
    facts: Mapping[str, Any],
    *,
    reason_after: Callable[[Release], str],
    content_hash: str | None = None,
    mode: int = 0o600,
) -> Release:
    """Write a release as the next version `folder/v<N>`, unless a version has the same content.

    reason_after: why there is a new version, given the newest one so far; version 1 needs none.
    Otherwise as `write_once`. Returns the version that has the content, new or old: the last one
    that was known at the `as_of` of `facts`, or one that is known later.
    """
    while True:
        versions = find_versions(folder)
        reason = reason_after(versions[-1]) if versions else facts.get("reason")
        manifest = _manifest(files, {**facts, "reason": reason}, content_hash)
        known = [each for each in versions if each.as_of <= facts.get("as_of", "")]
        for each in (*known[-1:], *versions[len(known) :]):
            if each.content_hash == manifest["content_hash"]:
                return each
        number = max((each.version or 0 for each in versions), default=0) + 1
        target = folder / f"v{number}"
        manifest["version"] = number
        if _put(published, target, files, manifest, mode):
            return Release(target, manifest["content_hash"], manifest, is_new=True)


def find_release(folder: Path) -> Release | None:
    """The release at a folder, or None where there is nothing.

    Raises:
        LusError: there is a folder, but no manifest of ours in it.
    """
    if not folder.exists():
        return None
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return Release(folder, manifest["content_hash"], manifest, is_new=False)
    except (OSError, ValueError, KeyError, TypeError):
        raise LusError(
            "this folder is no release: its manifest is missing or broken",
            where=str(folder / MANIFEST),
            todo="bring the folder back from a backup, or move it away",
        ) from None


def find_versions(folder: Path) -> list[Release]:
    """The versions `v<N>` of a folder, by the day that they were known at, then by number.

    So the last one is what is known now, also where an earlier day was published after it.
    """
    if not folder.exists():
        return []
    numbered = [each for each in folder.iterdir() if _version(each)]
    found = [each for each in map(find_release, numbered) if each is not None]
    return sorted(found, key=lambda each: (each.as_of, each.version))


def verify_release(folder: Path) -> Verification:
    """Compare a release's files with its manifest.

    Raises:
        LusError: there is no release, or its manifest cannot be read.
    """
    release = find_release(folder)
    if release is None:
        raise LusError("there is no release", where=str(folder), todo="name a release's folder")
    entries = {entry["name"]: entry for entry in release.manifest["files"]}
    there = {each.relative_to(folder).as_posix() for each in folder.rglob("*") if not each.is_dir()}
    changed = [
        name
        for name, entry in entries.items()
        if name in there and sha256_of(folder / name) != entry["sha256"]
    ]
    if _files_hash(release.manifest["files"]) != release.manifest["files_hash"]:
        changed.append(MANIFEST)
    return Verification(
        changed=tuple(sorted(changed)),
        missing=tuple(sorted(set(entries) - there)),
        extra=tuple(sorted(there - set(entries) - {MANIFEST, RECORDED})),
    )


def _manifest(
    files: Sequence[DataFile], facts: Mapping[str, Any], content_hash: str | None
) -> dict[str, Any]:
    entries = [each.entry for each in sorted(files, key=lambda each: each.name)]
    files_hash = _files_hash(entries)
    return {
        **facts,
        "content_hash": content_hash or files_hash,
        "files_hash": files_hash,
        "files": entries,
    }


def _put(
    published: Path,
    folder: Path,
    files: Sequence[DataFile],
    manifest: Mapping[str, Any],
    mode: int,
) -> bool:
    """Build aside and rename into place. False: another was quicker and has the place."""
    folder_mode = mode | (mode & 0o444) >> 2
    with building_folder(published) as aside:
        built = aside / folder.name
        built.mkdir()
        for each in files:
            make_folders(built, (built / each.name).parent, folder_mode)
            write_durably(built / each.name, each.content, mode)
        recorded = {"recorded_at": datetime.now(UTC).isoformat(timespec="seconds")}
        write_durably(built / RECORDED, as_json(recorded), mode)
        write_durably(built / MANIFEST, as_json(manifest), mode)
        built.chmod(folder_mode)
        sync(built)
        make_folders(published, folder.parent, folder_mode)
        try:
            os.rename(built, folder)  # noqa: PTH104 - atomic, and refuses a folder that has files
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
            return False
        sync(folder.parent)
    return True


def _same(there: Release, content_hash: str) -> Release:
    if there.content_hash != content_hash:
        raise LusError(
            "this is published already, with other content; what is published never changes",
            where=str(there.folder),
            todo="keep it; what is new comes in a later release",
        )
    return there


def _version(folder: Path) -> int | None:
    digits = folder.name.removeprefix("v")
    is_version = folder.name.startswith("v") and digits.isascii() and digits.isdecimal()
    return int(digits) if is_version else None


def _files_hash(entries: Sequence[Mapping[str, Any]]) -> str:
    lines = "".join(f"{entry['name']}\0{entry['sha256']}\n" for entry in entries)
    return hashlib.sha256(lines.encode()).hexdigest()


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def as_json(value: Mapping[str, Any]) -> bytes:
    """A manifest's bytes: keys in order, so that the same facts are the same bytes."""
    text = json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True)
    return (text + "\n").encode("utf-8")
