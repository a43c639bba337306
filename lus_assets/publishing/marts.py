"""Reading the marts: the warehouse opened for reading only, at the `as_of` that is asked for."""

import hashlib
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.core.settings import load_settings
from lus_assets.privacy.arrow import Table
from lus_assets.publishing.formats import described
from lus_assets.warehouse.connection import connect, quoted


@contextmanager
def open_marts(home: Home, as_of: date) -> Generator[duckdb.DuckDBPyConnection]:
    """A connection that reads the home's warehouse; `marts.<table>` and `lake.<table>` resolve.

    Raises:
        LusError: there is no warehouse, it is in use, or it has no marts of that as_of.
    """
    where = str(home.warehouse)
    if not home.warehouse.exists():
        raise LusError("there is no warehouse", where=where, todo="build the marts first: lus run")
    with connect(Path(":memory:"), load_settings(home).memory_limit) as connection:
        connection.execute(f"set temp_directory = {quoted(where + '.tmp')}")
        try:
            connection.execute(f"attach {quoted(where)} as warehouse (read_only)")
        except duckdb.Error:
            raise LusError(
                "the warehouse cannot be opened: another process holds it, or it is no DuckDB file",
                where=where,
                todo="wait until the run that writes it has ended; if none does, build it anew",
            ) from None
        connection.execute("use warehouse")
        _check_as_of(connection, where, as_of)
        yield connection


def snapshot_as_of(connection: duckdb.DuckDBPyConnection, catalog: str) -> date | None:
    """The as_of of the marts in an attached database, or None where there is no such row."""
    try:
        row = connection.execute(f"select as_of from {catalog}.marts.dim_snapshot").fetchone()
    except duckdb.CatalogException:
        return None
    return row[0] if row else None


def code_version_of_marts(connection: duckdb.DuckDBPyConnection) -> str:
    """The version of the code that made the marts."""
    row = connection.execute("select code_version from marts.dim_snapshot").fetchone()
    return str(row[0]) if row else ""


def mart_tables(connection: duckdb.DuckDBPyConnection, catalog: str = "warehouse") -> list[str]:
    """Names of the tables of schema `marts`, in alphabetical order; views are not for readers."""
    found = connection.execute(
        """
        select table_name from duckdb_tables()
        where database_name = ? and schema_name = 'marts' order by table_name
        """,
        [catalog],
    )
    return [name for (name,) in found.fetchall()]


def comments(
    connection: duckdb.DuckDBPyConnection, table: str, catalog: str = "warehouse"
) -> tuple[str | None, dict[str, str]]:
    """What a mart is, and what its columns are, as dbt wrote it down; empty where nothing is."""
    of_table = connection.execute(
        """
        select comment from duckdb_tables()
        where database_name = ? and schema_name = 'marts' and table_name = ?
        """,
        [catalog, table],
    ).fetchone()
    of_columns = connection.execute(
        """
        select column_name, comment from duckdb_columns()
        where database_name = ? and schema_name = 'marts' and table_name = ?
            and comment is not null
        order by column_index
        """,
        [catalog, table],
    ).fetchall()
    return (of_table[0] if of_table else None), dict(of_columns)


def mart_rows(
    connection: duckdb.DuckDBPyConnection, table: str, where: str, parameters: list[Any]
) -> Table:
    """Rows of a mart in a fixed order (all columns, from the left), columns described."""
    rows = connection.execute(
        f"select * from marts.{table} where {where} order by all nulls first",
        parameters,
    ).to_arrow_table()
    return rows.cast(described(rows.schema, comments(connection, table)[1]))


def months_of(connection: duckdb.DuckDBPyConnection, table: str, column: str) -> list[date]:
    """The months that a mart has rows of, oldest first."""
    found = connection.execute(
        f"select distinct {column} from marts.{table} where {column} is not null order by all"
    )
    return [month for (month,) in found.fetchall()]


def rulesets_of_month(connection: duckdb.DuckDBPyConnection, month: date) -> list[dict[str, str]]:
    """Id and status (`sourced`, `assumption`) of the rulesets of a month's episodes."""
    found = connection.execute(
        """
        select distinct ruleset.ruleset_id, ruleset.status
        from marts.fct_discharge_episode as episode
        inner join marts.dim_ruleset as ruleset on episode.ruleset_id = ruleset.ruleset_id
        where episode.billing_month = ?
        order by all
        """,
        [month],
    )
    return [{"ruleset_id": name, "status": status} for name, status in found.fetchall()]


@dataclass(frozen=True)
class Gap:
    """Days of a feed without a delivered file, which no operator has acknowledged; ascending."""

    feed: str
    days: Sequence[date]


def read_gaps(
    connection: duckdb.DuckDBPyConnection, first: date = date.min, last: date = date.max
) -> list[Gap]:
    """The gaps of delivery days from `first` to `last`, a feed each."""
    found = connection.execute(
        """
        select feed, list_sort(list(distinct delivery_date)) from marts.ingest_anomaly
        where reason_code = 'GAP' and delivery_date between ? and ? group by feed order by feed
        """,
        [first, last],
    )
    return [Gap(*row) for row in found.fetchall()]


def gaps_in_words(gaps: Sequence[Gap]) -> str:
    """As a person reads them."""
    return ", ".join(
        f"{gap.feed}: {len(gap.days)} {'day' if len(gap.days) == 1 else 'days'},"
        f" the first {gap.days[0]}"
        for gap in gaps
    )


def marts_hash(path: Path) -> str:
    """One hash over every table of schema `marts` of a DuckDB file, whatever the order of its rows.

    Covers names, types and order of columns and every value; nothing in the marts is wall clock, so
    nothing is left out. Equal hashes mean equal marts.
    """
    digest = hashlib.sha256()
    with connect(Path(":memory:")) as connection:
        connection.execute(f"attach {quoted(path)} as warehouse (read_only)")
        connection.execute(f"set temp_directory = {quoted(str(path) + '.tmp')}")
        for table in mart_tables(connection):
            columns = connection.execute(f"describe warehouse.marts.{table}").fetchall()
            heading = ",".join(f"{column[0]} {column[1]}" for column in columns)
            digest.update(f"{table}({heading})\n".encode())
            row = " || ".join(_canonical(column[0]) for column in columns)
            hashes = connection.execute(
                f"select sha256({row}) as row_hash from warehouse.marts.{table} order by row_hash"
            ).to_arrow_reader()
            for batch in hashes:
                digest.update("".join(batch.column(0).to_pylist()).encode())
    return digest.hexdigest()


def _canonical(column: str) -> str:
    """A value as text that no neighbour can be mistaken for: null, or length and characters."""
    text = f'cast("{column}" as varchar)'
    return f"coalesce('+' || length({text}) || ':' || {text}, '-')"


def _check_as_of(connection: duckdb.DuckDBPyConnection, where: str, as_of: date) -> None:
    found = snapshot_as_of(connection, "warehouse")
    if found is None:
        raise LusError("the warehouse has no marts", where=where, todo="build them: lus run")
    if found != as_of:
        raise LusError(
            f"the marts are as known at {found}, not at {as_of}",
            where=f"{where}, marts.dim_snapshot",
            todo=f"build them as of {as_of} first, or ask for {found}",
        )
