"""A month's statistics: tidy CSV, Parquet, page; `published/statistics/<YYYY-MM>/v<N>/`."""

from datetime import date

import duckdb

from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.publishing.formats import csv_bytes, parquet_bytes
from lus_assets.publishing.marts import (
    code_version_of_marts,
    mart_rows,
    months_of,
    open_marts,
    rulesets_of_month,
)
from lus_assets.publishing.release import DataFile, Release, write_version
from lus_assets.statistics.page_release import page_file, write_index

TABLES = {
    "rpt_monthly_statistics": "monthly_statistics",
    "rpt_monthly_statistics_by_age_group": "monthly_statistics_by_age_group",
}
PROTECTION = "none: internal until small numbers are protected"


def publish_statistics(home: Home, month: date, as_of: date, reason: str | None = None) -> Release:
    """Release the figures of `month` (any day of it) as the marts have them, as known at `as_of`.

    A version with the same content is named instead of written again; other content becomes the
    next version, with `reason` or, without one, a sentence that names both as_of dates. The figures
    are not protected against small numbers yet: files 0600, and the manifest says so.

    Raises:
        LusError: no marts of that as_of, or they have no figures of that month.
    """
    first = month.replace(day=1)
    with open_marts(home, as_of) as connection:
        _check_month(home, connection, first)
        files = [*_files(connection, first), page_file(connection, first, as_of)]
        facts = {
            "kind": "statistics",
            "month": f"{first:%Y-%m}",
            "as_of": as_of.isoformat(),
            "rulesets": rulesets_of_month(connection, first),
            "code_version": code_version_of_marts(connection),
            "reason": reason,
            "protection": PROTECTION,
        }

    def reason_after(newest: Release) -> str:
        return reason or (
            f"other content as known at {as_of} than version {newest.version}"
            f" as known at {newest.manifest['as_of']}"
        )

    folder = home.published / "statistics" / f"{first:%Y-%m}"
    release = write_version(home.published, folder, files, facts, reason_after=reason_after)
    write_index(home)
    return release


def _files(connection: duckdb.DuckDBPyConnection, month: date) -> list[DataFile]:
    files: list[DataFile] = []
    for mart, name in TABLES.items():
        rows = mart_rows(connection, mart, "month = ?", [month])
        files.append(DataFile(f"{name}.csv", csv_bytes(rows), rows.num_rows))
        files.append(DataFile(f"{name}.parquet", parquet_bytes(rows), rows.num_rows))
    return files


def _check_month(home: Home, connection: duckdb.DuckDBPyConnection, month: date) -> None:
    months = months_of(connection, "rpt_monthly_statistics", "month")
    if month not in months:
        known = f"{months[0]:%Y-%m} to {months[-1]:%Y-%m}" if months else "none at all"
        raise LusError(
            f"there are no figures of {month:%Y-%m}",
            where=f"{home.warehouse}, marts.rpt_monthly_statistics",
            todo=f"ask for one of the months that there are: {known}",
        )
