"""How a month's statistics and a year's follow-up become a version: written once, for anyone."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lus_assets.core.home import Home
from lus_assets.privacy.arrow import Table
from lus_assets.publishing.formats import csv_bytes, parquet_bytes
from lus_assets.publishing.release import DataFile, Release, write_version
from lus_assets.statistics.differences import figures_hash
from lus_assets.statistics.follow import write_index_json
from lus_assets.statistics.page_release import write_index

_MODE = 0o644


def figure_files(tables: Mapping[str, Table]) -> list[DataFile]:
    """The tables as CSV and Parquet, by name."""
    return [
        DataFile(f"{name}.{ending}", content(table), table.num_rows)
        for name, table in tables.items()
        for ending, content in (("csv", csv_bytes), ("parquet", parquet_bytes))
    ]


def publish_version(
    home: Home,
    folder: Path,
    tables: Mapping[str, Table],
    files: Sequence[DataFile],
    facts: Mapping[str, Any],
) -> Release:
    """The version of `folder` with these figures, a new one unless one has them already.

    files: beside the tables' own. facts: of the manifest; without a `reason` a new version after
    others gets a sentence that names both `as_of`.
    """

    def reason_after(newest: Release) -> str:
        return facts["reason"] or (
            f"Andra uppgifter, kända {facts['as_of']}, än i version {newest.version},"
            f" kända {newest.manifest['as_of']}"
        )

    release = write_version(
        home.published,
        folder,
        [*figure_files(tables), *files],
        facts,
        reason_after=reason_after,
        # versions differ in figures: neither the day nor what changed since is a difference
        content_hash=figures_hash(tables),
        mode=_MODE,
    )
    write_index(home, _MODE)
    write_index_json(home, _MODE)
    return release
