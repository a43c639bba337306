"""A month's statistics as published: `published/statistics/<YYYY-MM>/v<N>/`, files for anyone.

Tidy CSV with CSVW metadata, Parquet, a workbook in Swedish, the page, and what changed since the
month's earlier version and the month before. `statistics/index.json` lists all of them.
"""

from datetime import date, timedelta
from typing import Any

import duckdb
import pyarrow.parquet as pq

from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.core.settings import load_settings
from lus_assets.ingest.disposed import refuse_disposed
from lus_assets.privacy.arrow import Table
from lus_assets.publishing.formats import csv_bytes
from lus_assets.publishing.marts import (
    code_version_of_marts,
    mart_rows,
    months_of,
    open_marts,
    rulesets_of_month,
)
from lus_assets.publishing.release import DataFile, Release, find_versions
from lus_assets.statistics.csvw import METADATA, CsvTable, metadata_bytes
from lus_assets.statistics.differences import KEY, differences
from lus_assets.statistics.page_release import page_file
from lus_assets.statistics.page_source import gaps_of
from lus_assets.statistics.sheets import WORKBOOK, StatisticsDocument, statistics_workbook
from lus_assets.statistics.version import publish_version

MAIN, BY_AGE = "monthly_statistics", "monthly_statistics_by_age_group"
TABLES = {f"rpt_{MAIN}": MAIN, f"rpt_{BY_AGE}": BY_AGE}
TO_VERSION, TO_MONTH = "difference_to_version.csv", "difference_to_month.csv"
_KEYS = {
    MAIN: ("month", *KEY),
    BY_AGE: ("month", "age_group", "care_type", "measure"),
}


def publish_statistics(home: Home, month: date, as_of: date, reason: str | None = None) -> Release:
    """Release the figures of `month` (any day of it) as the marts have them, as known at `as_of`.

    A version with the same figures is named instead of written again; others become the next
    version, with `reason` or, without one, a sentence that names both as_of dates. The figures
    are protected against small numbers: the marts `rpt_*` are, and the files equal them.

    Raises:
        LusError: no marts of that as_of, or they have no figures of that month; rows of it were
            disposed of.
    """
    first = month.replace(day=1)
    refuse_disposed(home, first)
    folder = home.published / "statistics" / f"{first:%Y-%m}"
    with open_marts(home, as_of) as connection:
        _check_month(home, connection, first)
        rows = {mart: mart_rows(connection, mart, "month = ?", [first]) for mart in TABLES}
        tables = {name: rows[mart] for mart, name in TABLES.items()}
        facts = _facts(home, connection, first, as_of, reason, tables[MAIN])
        changes = _changes(connection, first, tables[MAIN], find_versions(folder))
        document = _document(connection, first, facts, tables[MAIN])
        page = page_file(connection, first, as_of, limit=facts["small_number_limit"])
    files = [
        *(DataFile(name, csv_bytes(table), table.num_rows) for name, table in changes.items()),
        DataFile(METADATA, _metadata(first, tables, changes)),
        DataFile(WORKBOOK, statistics_workbook(document)),
        page,
    ]
    return publish_version(home, folder, tables, files, facts)


def _facts(
    home: Home,
    connection: duckdb.DuckDBPyConnection,
    month: date,
    as_of: date,
    reason: str | None,
    figures: Table,
) -> dict[str, Any]:
    limit = load_settings(home).small_number_limit
    return {
        "kind": "statistics",
        "month": f"{month:%Y-%m}",
        "as_of": as_of.isoformat(),
        "is_preliminary": "preliminary" in figures["value_status"].to_pylist(),
        "rulesets": rulesets_of_month(connection, month),
        "code_version": code_version_of_marts(connection),
        "reason": reason,
        "protection": f"counts from 1 to {limit - 1} of municipalities and districts, and what"
        " would give them away, are suppressed",
        "small_number_limit": limit,
        "gaps": [
            {"feed": gap.feed, "days": len(gap.days), "first": gap.days[0].isoformat()}
            for gap in gaps_of(connection, month)
        ],
    }


def _changes(
    connection: duckdb.DuckDBPyConnection, month: date, figures: Table, versions: list[Release]
) -> dict[str, Table]:
    """What changed since the newest version, if there is one, and since the month before."""
    previous = (month - timedelta(days=1)).replace(day=1)
    before = mart_rows(connection, f"rpt_{MAIN}", "month = ?", [previous])
    changes = {TO_MONTH: differences(figures, before)}
    if versions:
        published = pq.read_table(versions[-1].folder / f"{MAIN}.parquet")
        changes[TO_VERSION] = differences(figures, published)
    return changes


def _metadata(month: date, tables: dict[str, Table], changes: dict[str, Table]) -> bytes:
    of_figures = {
        f"{name}.csv": CsvTable(f"Statistics of {month:%Y-%m}", table.schema, _KEYS[name])
        for name, table in tables.items()
    }
    of_changes = {
        name: CsvTable("Figures that are not as before", table.schema, KEY)
        for name, table in changes.items()
    }
    title = f"Patients ready for discharge (lag 2017:612), {month:%Y-%m}"
    return metadata_bytes(title, of_figures | of_changes)


def _document(
    connection: duckdb.DuckDBPyConnection, month: date, facts: dict[str, Any], figures: Table
) -> StatisticsDocument:
    first = date(month.year - 1, month.month, 1)
    county = "geography_level = 'county' and care_type = 'all' and month between ? and ?"
    history = mart_rows(connection, f"rpt_{MAIN}", county, [first, month])
    findings = connection.execute(
        "select finding_code, text_sv from marts.dim_finding order by sort_order"
    ).fetchall()
    return StatisticsDocument(
        month=month,
        as_of=date.fromisoformat(facts["as_of"]),
        code_version=facts["code_version"],
        limit=facts["small_number_limit"],
        is_preliminary=facts["is_preliminary"],
        figures=figures.to_pylist(),
        history=history.to_pylist(),
        findings=dict(findings),
        rulesets=facts["rulesets"],
    )


def _check_month(home: Home, connection: duckdb.DuckDBPyConnection, month: date) -> None:
    months = months_of(connection, "rpt_monthly_statistics", "month")
    if month not in months:
        known = f"{months[0]:%Y-%m} to {months[-1]:%Y-%m}" if months else "none at all"
        raise LusError(
            f"there are no figures of {month:%Y-%m}",
            where=f"{home.warehouse}, marts.rpt_monthly_statistics",
            todo=f"ask for one of the months that there are: {known}",
        )
