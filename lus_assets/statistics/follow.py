"""`statistics/index.json`: every published month, year and version, for programs."""

import json
from pathlib import Path
from typing import Any

from lus_assets.core.home import Home
from lus_assets.publishing.building import replace_file
from lus_assets.publishing.release import Release, find_versions

INDEX = "index.json"


def write_index_json(home: Home, mode: int) -> Path:
    """Write the index anew; readers find the old one or the new one, never half."""
    folder = home.published / "statistics"
    index = {
        "months": [_one(folder, each, "month") for each in _folders(folder, "????-??")],
        "years": [_one(folder, each, "year") for each in _folders(folder, "????")],
    }
    content = (json.dumps(index, ensure_ascii=False, indent=2) + "\n").encode()
    replace_file(home.published, folder / INDEX, content, mode)
    return folder / INDEX


def _folders(folder: Path, pattern: str) -> list[Path]:
    return sorted(each for each in folder.glob(pattern) if each.is_dir())


def _one(folder: Path, place: Path, what: str) -> dict[str, Any]:
    versions = find_versions(place)
    return {
        what: place.name,
        "newest": versions[-1].folder.relative_to(folder).as_posix() if versions else None,
        "versions": [_version(folder, each) for each in versions],
    }


def _version(folder: Path, release: Release) -> dict[str, Any]:
    place = release.folder.relative_to(folder).as_posix()
    return {
        "version": release.version,
        "folder": place,
        "as_of": release.manifest["as_of"],
        "is_preliminary": release.manifest.get("is_preliminary", False),
        "reason": release.manifest.get("reason"),
        "content_hash": release.content_hash,
        "files": [
            {"path": f"{place}/{file['name']}", "sha256": file["sha256"], "bytes": file["bytes"]}
            for file in release.manifest["files"]
        ],
    }
