"""The proof that a warehouse built from the last one is what a full build would have made.

Everything is built anew aside, from the same schema `lake`, and every table is compared by a hash
over its rows.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace

import duckdb

from lus_assets.core.errors import LusError
from lus_assets.core.home import PROOF, Home
from lus_assets.core.settings import Settings
from lus_assets.ingest.contract import FEEDS
from lus_assets.warehouse.basis import forget, why_in_full
from lus_assets.warehouse.build import build_marts
from lus_assets.warehouse.connection import connect, quoted
from lus_assets.warehouse.packed import packed_files
from lus_assets.warehouse.prepare import add_ages, check_lake, checked_own_rows, lake_views
from lus_assets.warehouse.results import NodeResult
from lus_assets.warehouse.touched import emptied

_BUILT_ELSEWHERE = ("lake", "build")
"""Schemas that hold no model and no seed."""


@dataclass(frozen=True)
class Proof:
    """What was compared. not_compared: why nothing could be; empty when it was."""

    tables: int
    differing: list[str]
    not_compared: str = ""


def prove(
    home: Home,
    settings: Settings,
    build: Callable[[Home, Settings], list[NodeResult]] = build_marts,
) -> Proof:
    """Build the home's marts in full, aside, and compare every table with the warehouse's.

    If one differs, the next build is a full one. build: how a laid-out warehouse is built.

    Raises:
        LusError: as a full build (a file of the lake is not as it was written), or a model failed.
    """
    if settings.build != "incremental":
        return Proof(0, [], "every build is a full one, as the settings say")
    if why := why_in_full(home, None, settings, checked_own_rows(home, settings)):
        return Proof(0, [], why)
    aside = emptied(replace(home, warehouse_folder=PROOF))
    try:
        _lay_out_as(home, aside, settings)
        _require_ok(build(aside, settings))
        here, there = (table_hashes(each, settings.memory_limit) for each in (home, aside))
    finally:
        shutil.rmtree(aside.warehouse.parent)
    tables = here.keys() | there.keys()
    differing = sorted(each for each in tables if here.get(each) != there.get(each))
    if differing:
        with connect(home.warehouse, settings.memory_limit) as connection:
            forget(connection)
    return Proof(len(tables), differing)


def _require_ok(results: list[NodeResult]) -> None:
    """A table that could not be made aside would look like one that differs."""
    failed = [each for each in results if not each.is_ok and not each.unique_id.startswith("test.")]
    if failed:
        raise LusError(
            f"the full build of the proof failed at {failed[0].unique_id} and"
            f" {len(failed) - 1} more: {failed[0].message}",
            where="check equals_full_build",
            todo="look for room on the disk and in memory, and run job `proof` again; the warehouse"
            " was not compared, and stands",
        )


def table_hashes(home: Home, memory_limit: str) -> dict[str, tuple[object, ...]]:
    """Table -> its columns with types, number of rows, and a sum of hashes over all its values.

    The order of rows and columns does not count. The hash is this version of DuckDB's.
    """
    with connect(home.warehouse, memory_limit, read_only=True) as connection:
        places = ", ".join("?" for _ in _BUILT_ELSEWHERE)
        tables = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables()"
            f" where schema_name not in ({places})",
            _BUILT_ELSEWHERE,
        ).fetchall()
        return {table: _hashed(connection, table) for (table,) in tables}


def _hashed(connection: duckdb.DuckDBPyConnection, table: str) -> tuple[object, ...]:
    columns = sorted(
        (name, kind) for name, kind, *_ in connection.execute(f"describe {table}").fetchall()
    )
    listed = ", ".join(name for name, _ in columns)
    summed = f"select count(*), sum(cast(hash({listed}) as hugeint)) from {table}"
    return *columns, *(connection.execute(summed).fetchone() or ())


def _lay_out_as(home: Home, aside: Home, settings: Settings) -> None:
    """Schema `lake` as the warehouse has it, whatever was delivered since; ages from the vault."""
    with connect(aside.warehouse, settings.memory_limit) as connection:
        connection.execute(f"attach {quoted(home.warehouse)} as built (read_only)")
        connection.execute("create schema lake")
        for (name,) in connection.execute(
            "select table_name from duckdb_tables()"
            " where database_name = 'built' and schema_name = 'lake'"
        ).fetchall():
            if name != "person_age" and name not in FEEDS:
                connection.execute(f"create table lake.{name} as from built.lake.{name}")
        hashes = dict(connection.execute("from built.build.lake_file").fetchall())
        connection.execute("detach built")
        check_lake(home, hashes)
        lake_views(connection, packed_files(connection, home, hashes))
        add_ages(connection, home)
