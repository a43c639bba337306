"""What a warehouse was built from, kept in it: may the next build start from its rows?

Schema `build` of the warehouse, written when every model is built: a fingerprint of all that is no
delivery, and the lake's files. Its file versions are in `staging.stg_file`.
"""

import hashlib
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

import duckdb
import pyarrow as pa

from lus_assets.core.home import Home
from lus_assets.core.settings import Settings
from lus_assets.ingest.catalog import Catalog
from lus_assets.privacy.arrow import Table
from lus_assets.warehouse.connection import connect
from lus_assets.warehouse.own_rows import OwnTable
from lus_assets.warehouse.project import code_version, libraries

_LAKE_FILE = pa.schema([("lake_file", pa.string()), ("sha256", pa.string())])
_REMEMBERED = "create table build.lake_file as select lake_file, sha256 from incoming"
_IS_WHOLE = """
    select count(*) from duckdb_tables() where schema_name = 'build' and table_name = 'basis'
"""
_REWRITTEN = """
    select count(*) from build.lake_file as built left join now using (lake_file)
    where now.lake_file is null or built.sha256 is distinct from now.sha256
"""


def remember(
    connection: duckdb.DuckDBPyConnection,
    home: Home,
    settings: Settings,
    own_tables: Sequence[OwnTable],
) -> None:
    """Note in the warehouse that it is whole, and what it was built from: all of it, or nothing."""
    connection.register("incoming", _lake_files(home))
    connection.begin()
    forget(connection)
    connection.execute("create schema build")
    connection.execute(
        "create table build.basis as select cast(? as varchar) as fingerprint",
        [_fingerprint(settings, own_tables)],
    )
    connection.execute(_REMEMBERED)
    connection.commit()
    connection.unregister("incoming")


def forget(connection: duckdb.DuckDBPyConnection) -> None:
    """The next build is a full one."""
    connection.execute("drop schema if exists build cascade")


@contextmanager
def in_doubt(home: Home) -> Generator[None]:
    """While tables of the warehouse that is there are made anew. Broken off inside, the next build
    is a full one, unless the same is done again to its end."""
    with connect(home.warehouse) as connection:
        connection.execute("alter table if exists build.basis rename to doubted")
    yield
    with connect(home.warehouse) as connection:
        connection.execute("alter table if exists build.doubted rename to basis")


def why_in_full(
    home: Home, as_of: date | None, settings: Settings, own_tables: Sequence[OwnTable]
) -> str | None:
    """Why a build cannot start from the home's warehouse; None if it can.

    as_of: the build's day; None: whatever day the warehouse knows.
    """
    if not home.warehouse.exists():
        return "there was no warehouse"
    try:
        return _why_not(home, as_of, settings, own_tables)
    except duckdb.Error as error:
        # a full build makes another file in its place
        return f"the last build's warehouse cannot be read ({type(error).__name__})"


def _why_not(
    home: Home, as_of: date | None, settings: Settings, own_tables: Sequence[OwnTable]
) -> str | None:
    with connect(home.warehouse, settings.memory_limit, read_only=True) as connection:
        if not _one(connection, _IS_WHOLE):
            return "the last build did not end well"
        if _one(connection, "select fingerprint from build.basis") != _fingerprint(
            settings, own_tables
        ):
            return "code, libraries, settings or own rows have changed"
        if as_of and _one(connection, "select as_of from lake.run_parameter") > as_of:
            return "the last build was as known at a later day"
        connection.register("now", _lake_files(home))
        if _one(connection, _REWRITTEN):
            return "files of the lake were rewritten or removed"
    return None


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> Any:
    row = connection.execute(query).fetchone()
    return row[0] if row else None


def _lake_files(home: Home) -> Table:
    with Catalog.opened(home) as catalog:
        hashes = catalog.lake_hashes()
    return pa.table([list(hashes), list(hashes.values())], schema=_LAKE_FILE)


def _fingerprint(settings: Settings, own_tables: Sequence[OwnTable]) -> str:
    """The key is not in it: a home refuses another, and to change it rewrites the lake."""
    parts = [
        *(code_version(), libraries(), settings.engine, settings.region),
        *(settings.review_day, settings.objection_days, settings.small_number_limit),
        *((table.seed, table.rows) for table in own_tables),
    ]
    return hashlib.sha256(repr(parts).encode()).hexdigest()
