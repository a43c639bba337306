"""The page as a file of a month's release, and the index of all releases beside them."""

from datetime import date
from pathlib import Path

import duckdb

from lus_assets.core.home import Home
from lus_assets.publishing.building import replace_file
from lus_assets.publishing.release import DataFile, Release, find_versions
from lus_assets.statistics.page import PublishedMonth, index_html, page_html
from lus_assets.statistics.page_source import read_page

PAGE = "index.html"


def page_file(
    connection: duckdb.DuckDBPyConnection, month: date, as_of: date, *, limit: int = 5
) -> DataFile:
    """The page of `month` (its first day), made of the open marts; `limit`: see `read_page`."""
    return DataFile(PAGE, page_html(read_page(connection, month, as_of, limit=limit)))


def write_index(home: Home, mode: int = 0o600) -> Path:
    """Write `statistics/index.html` anew, of all months and years that have a page.

    It is the one file here that changes; readers find the old one or the new one, never half.
    """
    folder = home.published / "statistics"
    months, years = (_releases(folder, pattern) for pattern in ("????-??", "????"))
    target = folder / PAGE
    replace_file(home.published, target, index_html(months, years), mode)
    return target


def _releases(folder: Path, pattern: str) -> list[PublishedMonth]:
    return [
        _published(folder, release)
        for each in sorted(folder.glob(pattern))
        if each.is_dir()
        for release in find_versions(each)
        if (release.folder / PAGE).exists()
    ]


def _published(folder: Path, release: Release) -> PublishedMonth:
    manifest = release.manifest
    first_day = f"{manifest['month']}-01" if "month" in manifest else f"{manifest['year']}-01-01"
    return PublishedMonth(
        month=date.fromisoformat(first_day),
        version=release.version or 0,
        as_of=date.fromisoformat(manifest["as_of"]),
        href=f"{release.folder.relative_to(folder).as_posix()}/{PAGE}",
        reason=manifest.get("reason") or "",
        is_preliminary=manifest.get("is_preliminary", False),
    )
