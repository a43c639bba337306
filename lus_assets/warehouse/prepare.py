"""Lays out schema `lake` of a fresh warehouse file: the only thing that dbt reads.

The warehouse is made anew by every full build, so it keeps no dead space and no remains of another
run; all that lasts is in the lake, the vault, the region's own rows and what was published.
"""

import csv
import shutil
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa

from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.core.settings import Settings
from lus_assets.ingest.catalog import Catalog, Decision, FileVersion
from lus_assets.ingest.contract import FEEDS
from lus_assets.ingest.disposed import disposed_months
from lus_assets.ingest.lake import changed_files, lake_schema
from lus_assets.ledger.tables import issued_tables
from lus_assets.privacy.arrow import Schema, Table
from lus_assets.privacy.vault import births_in_parts
from lus_assets.warehouse.connection import connect, quoted
from lus_assets.warehouse.own_rows import OwnTable, load_own_rows
from lus_assets.warehouse.packed import packed_files
from lus_assets.warehouse.project import DBT_PROJECT, code_version

_FILE_VERSION = pa.schema(
    [
        *((name, pa.string()) for name in ("file_version_id", "feed")),
        ("delivery_date", pa.date32()),
        *((name, pa.string()) for name in ("path", "content_hash", "kind", "status")),
        ("reason_code", pa.string()),
        *((name, pa.int64()) for name in ("rows_delivered", "rows_quarantined")),
        ("unknown_columns", pa.int32()),
        *((name, pa.date32()) for name in ("counts_from", "counts_until")),
    ]
)
_DECISION = pa.schema(
    [
        ("kind", pa.string()),
        ("feed", pa.string()),
        ("delivery_date", pa.date32()),
        ("counts_from", pa.date32()),
    ]
)

_FILES_NAMED = 3

_DISCHARGES = """
    create temp table discharge as
    select distinct person_key, cast(discharged_at as date) as on_date
    from lake.stays
    where discharged_at is not null
"""
"""Of all file versions; models ask for those that are known."""
_NO_AGES = """
    create table lake.person_age (
        person_file_version_id varchar, person_row_number bigint, on_date date, age_years integer
    )
"""
_AGES = """
    insert into lake.person_age
    select
        birth.file_version_id as person_file_version_id,
        birth.row_number as person_row_number,
        discharge.on_date,
        cast(
            year(discharge.on_date) - year(birth.birth_date)
            - case
                when (month(discharge.on_date), day(discharge.on_date))
                    < (month(birth.birth_date), day(birth.birth_date)) then 1
                else 0
            end as integer
        ) as age_years
    from birth
    inner join discharge on birth.person_key = discharge.person_key
"""
_BIRTHS_AT_ONCE = 1_000_000


def prepare(home: Home, as_of: date, settings: Settings) -> tuple[OwnTable, ...]:
    """Make the warehouse file with schema `lake`, as known at `as_of`; the own rows in it.

    Raises:
        LusError: one of the region's own rows or settings is broken, or the lake is not what was
            written to it; the old warehouse is kept.
    """
    own_tables = checked_own_rows(home, settings)
    home.prepare()
    with Catalog.opened(home) as catalog:
        hashes = catalog.lake_hashes()
    check_lake(home, hashes)
    for stale in (home.warehouse, home.warehouse.with_suffix(".duckdb.wal")):
        stale.unlink(missing_ok=True)
    # what a killed build spilled
    shutil.rmtree(home.warehouse.with_suffix(".duckdb.tmp"), ignore_errors=True)
    with connect(home.warehouse, settings.memory_limit) as connection:
        read = packed_files(connection, home, hashes)
        lay_out(connection, home, as_of, settings, own_tables, read)
        add_ages(connection, home)
    return own_tables


def checked_own_rows(home: Home, settings: Settings) -> tuple[OwnTable, ...]:
    """The region's own rows.

    Raises:
        LusError: a row is broken, or a setting names a county, finding or feed that there is not.
    """
    own_tables = load_own_rows(home)
    _check_names(home, settings)
    return tuple(own_tables)


def lay_out(
    connection: duckdb.DuckDBPyConnection,
    home: Home,
    as_of: date,
    settings: Settings,
    own_tables: Sequence[OwnTable],
    read: Mapping[str, Sequence[Path]] | None = None,
) -> None:
    """Make schema `lake` but for the ages (`add_ages`).

    read: feed -> files to read in place of the lake's own (packed.py).
    """
    connection.execute("create schema if not exists lake")
    _parameters(connection, as_of, settings)
    with Catalog.opened(home) as catalog:
        _catalog(connection, home, catalog, read)
    for table in own_tables:
        _own_rows(connection, table)
    load_issued(connection, home, as_of)


def check_lake(home: Home, hashes: Mapping[str, str | None]) -> None:
    """Parquet does not tell a flipped bit from a figure; the hashes in the catalog do.

    hashes: path below the lake -> SHA-256 as the catalog has it, of the files to look at.

    Raises:
        LusError: a file is not as it was written.
    """
    if changed := changed_files(home, hashes):
        raise LusError(
            f"{len(changed)} files of the lake are not as they were written",
            where="; ".join(f"lake/{each}" for each in changed[:_FILES_NAMED]),
            todo="put them back from a backup (docs/runbooks/running.md); `lus ledger verify`"
            " names them all. Nothing was computed, and what is published stands",
        )


def _check_names(home: Home, settings: Settings) -> None:
    """What a setting names must be there: a county that is none would put every municipality under
    the statute, a finding or feed that is none would never warn, both in silence."""
    for setting, names, known in (
        ("region", [settings.region], _seeded("municipality", "county_code")),
        ("finding_share_warn", settings.finding_share_warn, _seeded("finding", "finding_code")),
        ("alerts.delivery_feeds", settings.alerts.delivery_feeds, FEEDS),
    ):
        if not set(names) <= set(known):
            raise LusError(
                f"setting {setting!r} names what there is not",
                where=str(home.region / "settings.toml"),
                todo=f"use only: {', '.join(sorted(known))}",
            )


def _seeded(seed: str, column: str) -> set[str]:
    with (DBT_PROJECT / "seeds" / f"{seed}.csv").open(encoding="utf-8", newline="") as file:
        return {row[column] for row in csv.DictReader(file)}


def _parameters(connection: duckdb.DuckDBPyConnection, as_of: date, settings: Settings) -> None:
    connection.execute(
        """
        create table lake.run_parameter as
        select
            cast(? as date) as as_of,
            cast(? as varchar) as region_code,
            cast(? as integer) as review_day,
            cast(? as integer) as objection_days,
            cast(? as integer) as small_number_limit,
            cast(? as varchar) as code_version
        """,
        [
            *(as_of, settings.region, settings.review_day, settings.objection_days),
            *(settings.small_number_limit, code_version()),
        ],
    )


def _catalog(
    connection: duckdb.DuckDBPyConnection,
    home: Home,
    catalog: Catalog,
    read: Mapping[str, Sequence[Path]] | None,
) -> None:
    """File versions, decisions, and a relation per feed over its lake files."""
    versions = catalog.file_versions()
    _table_from(connection, "lake.file_version", _rows(versions, _FILE_VERSION))
    _table_from(connection, "lake.decision", _rows(catalog.decisions(), _DECISION))
    months = pa.table({"month": pa.array(disposed_months(home), pa.date32())})
    _table_from(connection, "lake.disposed_month", months)
    lake_views(connection, read or in_lake(home, files_by_feed(versions)))


def files_by_feed(versions: Sequence[FileVersion]) -> dict[str, list[str]]:
    """Feed -> paths below the lake, of the versions that have a file, in their order."""
    files: dict[str, list[str]] = {feed: [] for feed in FEEDS}
    for version in versions:
        if version.lake_file is not None:
            files[version.feed].append(version.lake_file)
    return files


def in_lake(home: Home, lake_files: Mapping[str, Sequence[str]]) -> dict[str, list[Path]]:
    """The files of each feed where they lie in the lake."""
    return {feed: [home.lake / each for each in files] for feed, files in lake_files.items()}


def drop_from_lake(
    connection: duckdb.DuckDBPyConnection, names: Collection[str] | None = None
) -> None:
    """Drop relations of the warehouse's schema `lake`, views or tables.

    names: which; None for all.
    """
    for name, kind in connection.execute(
        "select table_name, table_type from information_schema.tables"
        " where table_catalog = 'warehouse' and table_schema = 'lake'"
    ).fetchall():
        if names is None or name in names:
            connection.execute(f"drop {'view' if kind == 'VIEW' else 'table'} lake.{name}")


def lake_views(
    connection: duckdb.DuckDBPyConnection,
    files_of: Mapping[str, Sequence[Path]],
    schema: str = "lake",
) -> None:
    """A relation per feed over its files, in a schema; an empty table where there are none."""
    for feed, files in files_of.items():
        if files:
            listed = ", ".join(quoted(path) for path in files)
            connection.execute(
                f"create view {schema}.{feed} as select * from read_parquet([{listed}])"
            )
        else:
            _table_from(connection, f"{schema}.{feed}", lake_schema(FEEDS[feed]).empty_table())


def _rows(records: Sequence[FileVersion] | Sequence[Decision], schema: Schema) -> Table:
    columns = {name: [getattr(each, name) for each in records] for name in schema.names}
    return pa.table(columns, schema=schema)


def _table_from(connection: duckdb.DuckDBPyConnection, name: str, table: Table) -> None:
    connection.register("incoming", table)
    connection.execute(f"create table {name} as select * from incoming")
    connection.unregister("incoming")


def add_ages(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    """Make `lake.person_age`, of everybody with a discharge, on these days.

    Births are looked at a part at a time: so many fit into memory whatever the number of people,
    and nothing of them is spilled to the disk.
    """
    connection.execute(_DISCHARGES)
    connection.execute(_NO_AGES)
    for births in births_in_parts(home, _BIRTHS_AT_ONCE):
        connection.register("birth", births)
        connection.execute(_AGES)
        connection.unregister("birth")
    connection.execute("drop table discharge")


def _own_rows(connection: duckdb.DuckDBPyConnection, table: OwnTable) -> None:
    columns = ", ".join(f"{name} {kind}" for name, kind in table.columns.items())
    connection.execute(f"create table lake.region_{table.seed} ({columns})")
    if table.rows:
        places = ", ".join("?" for _ in table.columns)
        connection.executemany(
            f"insert into lake.region_{table.seed} values ({places})", table.rows
        )


def load_issued(connection: duckdb.DuckDBPyConnection, home: Home, as_of: date) -> None:
    """Lay out what the ledger says was issued up to a day, in place of what was there before."""
    for name, table in issued_tables(home, as_of).items():
        connection.execute(f"drop table if exists lake.{name}")
        _table_from(connection, f"lake.{name}", table)
