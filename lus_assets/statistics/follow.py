"""`statistics/index.json`: all months and versions that are published, for programs that follow."""

import json
import os
from pathlib import Path
from typing import Any

from lus_assets.core.home import Home
from lus_assets.publishing.building import building_folder, sync, write_durably
from lus_assets.publishing.release import Release, find_versions

INDEX = "index.json"


def write_index_json(home: Home, mode: int) -> Path:
    """Write the index anew; readers find the old one or the new one, never half."""
    folder = home.published / "statistics"
    months = sorted(each for each in folder.glob("????-??") if each.is_dir())
    index = {"months": [_month(folder, each) for each in months]}
    content = (json.dumps(index, ensure_ascii=False, indent=2) + "\n").encode()
    with building_folder(home.published) as aside:
        write_durably(aside / INDEX, content, mode)
        os.replace(aside / INDEX, folder / INDEX)  # noqa: PTH105 - named as what it is: atomic
        sync(folder)
    return folder / INDEX


def _month(folder: Path, month: Path) -> dict[str, Any]:
    versions = find_versions(month)
    return {
        "month": month.name,
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
