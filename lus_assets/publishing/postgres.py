"""The marts in PostgreSQL: the newest BI snapshot again, for whoever reads from a server.

One transaction writes the whole set into a schema of its own and renames it into place: until it
commits, readers have the old set, and of a run that is killed nothing is left. Sets that were
replaced are dropped afterwards, when no reader holds them any more.
"""

import os
import re
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import LiteralString

import duckdb
import psycopg
from psycopg import errors, sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.core.settings import Settings
from lus_assets.publishing.formats import ROWS_PER_GROUP
from lus_assets.publishing.marts import comments, mart_tables
from lus_assets.publishing.snapshot import open_snapshot

DSN_VARIABLE = "LUS_POSTGRES_DSN"
_MARK = "The marts of lus, replaced whole by every publication; change nothing here."
_WHERE = f"the server that {DSN_VARIABLE} names"
_TYPES: dict[str, LiteralString] = {
    "VARCHAR": "text",
    "BIGINT": "bigint",
    "INTEGER": "integer",
    "DATE": "date",
    # local times, as everywhere in the marts: no zone here either
    "TIMESTAMP": "timestamp without time zone",
    "BOOLEAN": "boolean",
}
_TRIES, _PAUSE_SECONDS = 10, 0.8
_DECIMAL = re.compile(r"DECIMAL\((\d+),(\d+)\)")


@dataclass(frozen=True)
class PostgresReport:
    """What was published. row_counts: table -> rows. still_held: replaced sets that a reader, or
    something that was built on them, keeps from being dropped; the next publication tries again."""

    as_of: date
    schema: str
    row_counts: dict[str, int]
    still_held: tuple[str, ...]


def postgres_dsn() -> str | None:
    """The connection string in the environment; None: the marts are not published to PostgreSQL."""
    return os.environ.get(DSN_VARIABLE) or None


def publish_postgres(home: Home, dsn: str, settings: Settings) -> PostgresReport:
    """Replace the marts in PostgreSQL by those of the newest BI snapshot.

    dsn: connection string of a role that may create schemas; it is shown nowhere.

    Raises:
        LusError: there is no snapshot, the server cannot be reached, or it refuses; what was
            published before stands.
    """
    schema = settings.postgres_schema
    with open_snapshot(home) as marts, _server(dsn) as server:
        _take_turn(server, schema)
        with server.transaction():
            as_of, rows = _publish(server, marts, schema, settings.postgres_reader)
        still_held = _drop_replaced(server, schema)
    return PostgresReport(as_of, schema, rows, still_held)


@contextmanager
def _server(dsn: str) -> Generator[psycopg.Connection]:
    """A connection; errors without the server's words, which may hold a value or an address."""
    try:
        waits = {} if "connect_timeout" in conninfo_to_dict(dsn) else {"connect_timeout": 10}
        connection = psycopg.connect(make_conninfo(dsn, **waits), autocommit=True)
    except psycopg.Error:
        raise LusError(
            "PostgreSQL cannot be reached; what is published there, and the snapshot, stand",
            where=_WHERE,
            todo=f'start it or correct the variable: psql "${DSN_VARIABLE}" says what is wrong',
        ) from None
    with connection:
        try:
            yield connection
        except errors.InsufficientPrivilege:
            raise LusError(
                "the role may not do what publishing needs; what was published before stands",
                where=_WHERE,
                todo="grant it `create` on the database, and make the reading role once:"
                " docs/bi/postgresql.md",
            ) from None
        except psycopg.Error as error:
            raise LusError(
                f"PostgreSQL ended the publication ({type(error).__name__}, SQLSTATE"
                f" {error.sqlstate}); what was published before stands",
                where=_WHERE,
                todo="look at the server's log, and run again",
            ) from None


def _take_turn(server: psycopg.Connection, schema: str) -> None:
    """One publication to a schema at a time, whichever home it is of; ends with the session."""
    row = server.execute(
        "select pg_try_advisory_lock(hashtext('lus'), hashtext(%s))", [schema]
    ).fetchone()
    if row != (True,):
        raise LusError(
            "another run is publishing to this schema",
            where=f"{_WHERE}, schema {schema}",
            todo="wait until it has ended; give each home a schema of its own (postgres_schema)",
        )


def _publish(
    server: psycopg.Connection, marts: duckdb.DuckDBPyConnection, schema: str, reader: str
) -> tuple[date, dict[str, int]]:
    """Write all tables aside and put them in place. Returns as_of, and rows by table."""
    as_of: date = marts.execute("select as_of from marts.dim_snapshot").fetchall()[0][0]
    aside, place, role = (sql.Identifier(name) for name in (f"{schema}__new", schema, reader))
    server.execute(sql.SQL("create schema {}").format(aside))
    tables = mart_tables(marts, "snapshot")
    rows = {table: _copy(server, marts, f"{schema}__new", table) for table in tables}
    note = sql.Literal(f"{_MARK} As known at {as_of}.")
    server.execute(sql.SQL("comment on schema {} is {}").format(aside, note))
    if server.execute("select from pg_roles where rolname = %s", [reader]).fetchone() is None:
        server.execute(sql.SQL("create role {} nologin").format(role))
    server.execute(sql.SQL("grant usage on schema {} to {}").format(aside, role))
    server.execute(sql.SQL("grant select on all tables in schema {} to {}").format(aside, role))
    _put_away(server, schema)
    server.execute(sql.SQL("alter schema {} rename to {}").format(aside, place))
    return as_of, rows


def _copy(
    server: psycopg.Connection, marts: duckdb.DuckDBPyConnection, schema: str, table: str
) -> int:
    """Make a table with its comments and fill it. Returns its rows."""
    target = sql.Identifier(schema, table)
    described = marts.execute(f'describe marts."{table}"').fetchall()
    columns = [
        sql.SQL("{} {}").format(sql.Identifier(name), _type(table, kind))
        for name, kind, *_ in described
    ]
    listed = sql.SQL(", ").join(columns)
    server.execute(sql.SQL("create table {} ({})").format(target, listed))
    of_table, of_columns = comments(marts, table, "snapshot")
    server.execute(sql.SQL("comment on table {} is {}").format(target, sql.Literal(of_table)))
    for column, text in of_columns.items():
        place = sql.Identifier(schema, table, column)
        server.execute(sql.SQL("comment on column {} is {}").format(place, sql.Literal(text)))
    rows = 0
    batches = marts.execute(f'select * from marts."{table}"').to_arrow_reader(ROWS_PER_GROUP)
    with server.cursor().copy(sql.SQL("copy {} from stdin").format(target)) as copy:
        for batch in batches:
            rows += batch.num_rows
            for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                copy.write_row(row)
    server.execute(sql.SQL("analyze {}").format(target))
    return rows


def _type(table: str, kind: str) -> sql.Composable:
    if decimal := _DECIMAL.fullmatch(kind):
        precision, scale = (sql.Literal(int(each)) for each in decimal.groups())
        return sql.SQL("numeric({}, {})").format(precision, scale)
    if kind not in _TYPES:
        raise LusError(
            f"a mart has a type that BI does not read: {kind}",
            where=f"marts.{table}",
            todo="give the column one of the plain types in its contract",
        )
    return sql.SQL(_TYPES[kind])


def _put_away(server: psycopg.Connection, schema: str) -> None:
    """Rename the set that is in place, if there is one; what is not ours is not touched."""
    there = server.execute(
        """
        select coalesce(obj_description(oid, 'pg_namespace'), ''), pg_current_xact_id()::text
        from pg_namespace where nspname = %s
        """,
        [schema],
    ).fetchone()
    if there is None:
        return
    comment, transaction = there
    if not comment.startswith(_MARK):
        raise LusError(
            "there is a schema of that name that lus did not publish",
            where=f"{_WHERE}, schema {schema}",
            todo="choose another with the setting postgres_schema, or move that schema away",
        )
    _wait_for_readers(server, schema)
    old = sql.Identifier(f"{schema}__old_{transaction}")
    server.execute(sql.SQL("alter schema {} rename to {}").format(sql.Identifier(schema), old))


def _wait_for_readers(server: psycopg.Connection, schema: str) -> None:
    """Lock the old set for the moment of the switch: a statement that names two of its tables might
    otherwise find one in the old set and one in the new.

    Short tries, since new readers queue behind one. Whoever is still in it after ten seconds, with
    a transaction left open, is not waited for: only he may meet both sets.
    """
    lock = sql.SQL("lock table {} in access exclusive mode").format(_tables(server, schema))
    for _ in range(_TRIES):
        try:
            with server.transaction():
                server.execute("set local lock_timeout = '200ms'")
                server.execute(lock)
            return
        except errors.LockNotAvailable:
            time.sleep(_PAUSE_SECONDS)


def _tables(server: psycopg.Connection, schema: str) -> sql.Composed:
    """All tables of a schema, with commas between."""
    names = server.execute("select tablename from pg_tables where schemaname = %s", [schema])
    return sql.SQL(", ").join(sql.Identifier(schema, name) for (name,) in names.fetchall())


def _drop_replaced(server: psycopg.Connection, schema: str) -> tuple[str, ...]:
    """Drop the sets that were replaced, now or earlier. Returns those that are still held."""
    found = server.execute(
        """
        select nspname from pg_namespace
        where starts_with(nspname, %s)
            and starts_with(obj_description(oid, 'pg_namespace'), %s)
            and pg_get_userbyid(nspowner) = current_user
        order by nspname
        """,
        [f"{schema}__old_", _MARK],
    ).fetchall()
    return tuple(name for (name,) in found if not _is_dropped(server, name))


def _is_dropped(server: psycopg.Connection, schema: str) -> bool:
    """Drop a set unless a reader is in it; without `cascade`, what others built on it stands."""
    try:
        with server.transaction():
            server.execute("set local lock_timeout = '200ms'")
            server.execute(sql.SQL("drop table {}").format(_tables(server, schema)))
            server.execute(sql.SQL("drop schema {}").format(sql.Identifier(schema)))
    except (psycopg.OperationalError, errors.DependentObjectsStillExist):
        return False
    return True
