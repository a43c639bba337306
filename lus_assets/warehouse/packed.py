"""The lake's older months in few files: what builds read instead of thousands of small ones.

A copy, a Parquet file a feed and month, made when it is wanted and not there. Its name is a hash of
the files that it is made of and of their hashes, so that a file that came, was rewritten or went
makes another one; its own hash stands beside it, and a copy that is not as it was written is made
again. The lake itself stays as it was delivered.
"""

import hashlib
import json
import logging
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import duckdb

from lus_assets.core.home import Home
from lus_assets.ingest.contract import FEEDS
from lus_assets.ingest.lake import changed_files, disk_errors, file_sha256
from lus_assets.warehouse.connection import quoted

_LOG = logging.getLogger(__name__)

FEWEST_FILES = 8
"""Fewer are read where they lie."""
_HASHES = "hashes.json"
_WRITTEN_AS = b"2"
"""Enters every name: copies of before the files were looked at are made again."""


def packed_files(
    connection: duckdb.DuckDBPyConnection, home: Home, hashes: Mapping[str, str | None]
) -> dict[str, list[Path]]:
    """Feed -> the files to read in place of these: the same rows, ordered by their lake files.

    connection: what copies are written with. hashes: path below the lake -> SHA-256, as the catalog
    has it (`lake_hashes`). The newest month is read where it lies: its next delivery is tomorrow;
    so is what cannot be copied.

    Raises:
        LusError: the disk refuses to note what there is.
    """
    newest = max(map(_month, hashes), default="")
    known = _known_hashes(home)
    used: dict[str, str] = {}
    found: dict[str, list[Path]] = {}
    for feed in FEEDS:
        found[feed] = []
        for month, of_month in _by_month(each for each in hashes if _feed(each) == feed).items():
            if month == newest or len(of_month) < FEWEST_FILES:
                found[feed] += [home.lake / each for each in of_month]
                continue
            name = f"{feed}/{month}-{_key(of_month, hashes)}.parquet"
            path = home.packed / name
            if path.exists() and file_sha256(path) == known.get(name):
                used[name] = known[name]
            elif _pack(connection, home, {each: hashes[each] for each in of_month}, path):
                used[name] = file_sha256(path)
            else:
                found[feed] += [home.lake / each for each in of_month]
                continue
            found[feed].append(path)
    _forget_others(home, used)
    if used != known:
        _remember(home, used)
    return found


def _feed(lake_file: str) -> str:
    """Of `<feed>/<YYYY-MM-DD>/<version>.parquet`."""
    return lake_file.split("/", maxsplit=1)[0]


def _month(lake_file: str) -> str:
    return lake_file.split("/")[1][:7]


def _by_month(files: Iterable[str]) -> dict[str, list[str]]:
    months: dict[str, list[str]] = {}
    for each in sorted(files):
        months.setdefault(_month(each), []).append(each)
    return months


def _key(files: Sequence[str], hashes: Mapping[str, str | None]) -> str:
    digest = hashlib.sha256(_WRITTEN_AS)
    for each in files:
        digest.update(f"{each}\0{hashes.get(each)}\n".encode())
    return digest.hexdigest()[:32]


def _pack(
    connection: duckdb.DuckDBPyConnection, home: Home, files: Mapping[str, str | None], path: Path
) -> bool:
    """Write a copy of files that are as they were written.

    False: it could not be, and whoever reads the files will say what is wrong.
    """
    listed = ", ".join(quoted(home.lake / each) for each in files)
    aside = path.with_suffix(".writing")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        connection.execute(
            f"copy (select * from read_parquet([{listed}])) to {quoted(aside)}"
            " (format parquet, compression zstd)"
        )
        # looked at after they were read: the copy's name promises these hashes for as long as it is
        if changed_files(home, files):
            aside.unlink()
            return False
        aside.replace(path)
    except (duckdb.Error, OSError) as error:
        _LOG.warning("packed/%s could not be written (%s)", path.parent.name, type(error).__name__)
        return False
    return True


def _known_hashes(home: Home) -> dict[str, str]:
    try:
        return json.loads((home.packed / _HASHES).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def _remember(home: Home, hashes: Mapping[str, str]) -> None:
    aside = home.packed / f"{_HASHES}.writing"
    with disk_errors("../packed"):
        home.packed.mkdir(mode=0o700, exist_ok=True)
        aside.write_text(json.dumps(hashes), encoding="utf-8")
        os.replace(aside, home.packed / _HASHES)  # noqa: PTH105


def _forget_others(home: Home, written: Mapping[str, str]) -> None:
    """Copies of what the lake was, and what a killed run left."""
    for path in home.packed.glob("*/*"):
        if f"{path.parent.name}/{path.name}" not in written:
            path.unlink()
