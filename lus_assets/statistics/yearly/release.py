"""A year's follow-up as published: `published/statistics/<YYYY>/v<N>/`, files for anyone.

Tidy CSV with CSVW metadata, Parquet, a workbook and a page in Swedish: the year's conditions, what
broke by who could have acted, and the development by month. All of it is made of figures that the
months have published, so it needs no protection of its own; see `rpt_yearly_follow_up`.
"""

from datetime import date
from typing import Any

import duckdb

from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.core.settings import load_settings
from lus_assets.ingest.disposed import refuse_disposed
from lus_assets.publishing.marts import (
    code_version_of_marts,
    mart_rows,
    open_marts,
    rulesets_of_month,
)
from lus_assets.publishing.release import DataFile, Release
from lus_assets.statistics.csvw import METADATA, CsvTable, metadata_bytes
from lus_assets.statistics.differences import KEY
from lus_assets.statistics.page_release import PAGE
from lus_assets.statistics.version import publish_version
from lus_assets.statistics.yearly.page import year_html
from lus_assets.statistics.yearly.sheets import WORKBOOK, year_workbook
from lus_assets.statistics.yearly.source import MART, YearInput, read_year

NAME = "yearly_follow_up"


def publish_follow_up(home: Home, year: int, as_of: date, reason: str | None = None) -> Release:
    """Release the follow-up of `year` as the marts have it, as known at `as_of`.

    A version with the same figures is named instead of written again; others become the next
    version, with `reason` or a sentence that names both as_of dates. A year that is not over is
    marked preliminary.

    Raises:
        LusError: no marts of that as_of, or they have no figures of that year; rows of it were
            disposed of.
    """
    for month in range(1, 13):
        refuse_disposed(home, date(year, month, 1))
    folder = home.published / "statistics" / f"{year}"
    with open_marts(home, as_of) as connection:
        _check_year(home, connection, year)
        rows = mart_rows(connection, MART, "follow_up_year = ?", [year])
        given = read_year(connection, year, as_of, limit=load_settings(home).small_number_limit)
        facts = _facts(connection, given, reason)
    table = CsvTable(f"Follow-up of {year}", rows.schema, ("follow_up_year", *KEY))
    title = f"Patients ready for discharge (lag 2017:612), follow-up of {year}"
    files = [
        DataFile(METADATA, metadata_bytes(title, {f"{NAME}.csv": table})),
        DataFile(WORKBOOK, year_workbook(given)),
        DataFile(PAGE, year_html(given)),
    ]
    return publish_version(home, folder, {NAME: rows}, files, facts)


def _facts(
    connection: duckdb.DuckDBPyConnection, given: YearInput, reason: str | None
) -> dict[str, Any]:
    rulesets = {
        each["ruleset_id"]: each
        for month in given.months_of_year
        for each in rulesets_of_month(connection, month)
    }
    return {
        "kind": "follow_up",
        "year": given.year,
        "as_of": given.as_of.isoformat(),
        "is_preliminary": given.is_preliminary,
        "months": len(given.months_of_year),
        "rulesets": [rulesets[name] for name in sorted(rulesets)],
        "code_version": code_version_of_marts(connection),
        "reason": reason,
        "protection": "a figure of a place is suppressed when it is in any of the months",
        "small_number_limit": given.limit,
    }


def _check_year(home: Home, connection: duckdb.DuckDBPyConnection, year: int) -> None:
    found = connection.execute(
        f"select distinct follow_up_year from marts.{MART} order by all"
    ).fetchall()
    years = [each for (each,) in found]
    if year not in years:
        known = f"{years[0]} to {years[-1]}" if years else "none at all"
        raise LusError(
            f"there are no figures of {year}",
            where=f"{home.warehouse}, marts.{MART}",
            todo=f"ask for one of the years that there are: {known}",
        )
