"""A PostgreSQL database as a landing area: what its views hold of a day is one delivery.

The sender keeps a schema (settings, `lus_export`) with one view per feed, the contract's columns
and `delivery_date`, and the view `delivery` (`feed`, `delivery_date`, `row_count`, `version`): one
row per feed and day that is complete, also when it has no rows; `version` is any text that changes
when the day's rows do. A day is fetched in one read-only transaction as JSON Lines in an order that
depends on the rows only, kept in the landing cache, and read, hashed and accounted for as a file.
"""

import asyncio
from collections.abc import AsyncGenerator, Collection, Generator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any, BinaryIO

import psycopg
from psycopg import sql

from lus_assets.core.errors import LusError, UnreachableError
from lus_assets.core.home import Home
from lus_assets.core.local_time import TIME_ZONE
from lus_assets.core.source_settings import SourceSettings
from lus_assets.ingest.codes import AnomalyCode
from lus_assets.ingest.contract import FEEDS
from lus_assets.ingest.landing_cache import LandingCache
from lus_assets.ingest.source import DeliveredFile, Stranger
from lus_assets.privacy.redact import redact

FILE_NAME = "database.jsonl"
_SESSION = f"-c TimeZone={TIME_ZONE} -c default_transaction_read_only=on"
_ROW = "to_jsonb(each) - 'delivery_date'"


@dataclass(frozen=True)
class _Day:
    """What the sender says of a feed's day."""

    row_count: int
    version: str

    @property
    def fingerprint(self) -> str:
        return f"rows={self.row_count}; version={self.version}"


class Database:
    """The views of one database. One object sees the days as they were listed first."""

    def __init__(self, home: Home, address: str, settings: SourceSettings) -> None:
        """address: `postgresql://user@host/database`, without a password; nothing connects yet."""
        self._address = address
        self._settings = settings
        self._cache = LandingCache(home, address)
        self._listed: dict[tuple[str, date], _Day] | None = None

    def list_deliveries(self, feed: str, day: date | None = None) -> list[DeliveredFile]:
        """The feed's complete days, or one of them, in order; UnreachableError, LusError."""
        return [
            DeliveredFile(feed, each, f"{feed}/{each.isoformat()}/{FILE_NAME}", "jsonl")
            for name, each in sorted(self._days())
            if name == feed and day in (None, each) and feed in FEEDS
        ]

    def list_strangers(self, feeds: Collection[str]) -> list[Stranger]:
        """Names in view `delivery` that are no feeds."""
        names = {name for name, _ in self._days()} - set(FEEDS)
        return [Stranger(redact(each), AnomalyCode.UNKNOWN_FOLDER) for each in sorted(names)]

    def open(self, file: DeliveredFile) -> BinaryIO:
        """The day's rows as JSON Lines, from the landing cache; fetched when it lacks them.

        UnreachableError when the server does not answer, drops or sends half.
        """
        told = self._days().get((file.feed, file.delivery_date))
        if told is None:
            raise _changed(file.path)
        content = self._cache.find(file.path, told.fingerprint)
        if content is None:
            content = self._cache.store(self._rows(file, told))
            self._cache.remember(file.path, told.fingerprint, content)
        return content.open("rb")

    def _days(self) -> dict[tuple[str, date], _Day]:
        if self._listed is None:
            query = sql.SQL("select feed, delivery_date, row_count, version from {}").format(
                self._view("delivery")
            )
            with _errors_named("view delivery"):
                rows = asyncio.run(self._fetch_all(query))
            self._listed = {
                (str(feed), day): _Day(int(rows), str(version)) for feed, day, rows, version in rows
            }
        return self._listed

    async def _fetch_all(self, query: sql.Composed) -> list[tuple[Any, ...]]:
        async with self._connected() as connection:
            async with asyncio.timeout(self._settings.read_seconds):
                return await (await connection.execute(query)).fetchall()

    def _rows(self, file: DeliveredFile, told: _Day) -> Iterator[bytes]:
        """The day's lines; the whole of them or an error."""
        with _errors_named(redact(file.path)), asyncio.Runner() as runner:
            lines = self._lines(file, told)
            try:
                while (line := runner.run(anext(lines, None))) is not None:
                    yield line
            finally:
                runner.run(lines.aclose())

    async def _lines(self, file: DeliveredFile, told: _Day) -> AsyncGenerator[bytes]:
        view = self._view(file.feed)
        query = sql.SQL(
            "copy (select {row} from {view} as each where delivery_date = {day}"
            ' order by ({row})::text collate "C") to stdout'
        ).format(row=sql.SQL(_ROW), view=view, day=sql.Literal(file.delivery_date))
        count = 0
        async with self._connected() as connection, connection.cursor() as cursor:
            await self._check_still(cursor, file, told)
            async with cursor.copy(query) as copy:
                rows = copy.rows()
                while True:
                    async with asyncio.timeout(self._settings.read_seconds):
                        row = await anext(rows, None)
                    if row is None:
                        break
                    count += 1
                    yield f"{row[0]}\n".encode()
        if count != told.row_count:
            raise UnreachableError(
                f"the database sent {count} rows of a day that it says has {told.row_count}",
                where=redact(file.path),
                todo="have the sender list a day in view delivery when it is complete, then run "
                "again",
            )

    async def _check_still(
        self, cursor: psycopg.AsyncCursor[Any], file: DeliveredFile, told: _Day
    ) -> None:
        """In the transaction that reads the rows, the day is still what it was told to be."""
        query = sql.SQL(
            "select row_count, version from {} where feed = %s and delivery_date = %s"
        ).format(self._view("delivery"))
        async with asyncio.timeout(self._settings.read_seconds):
            await cursor.execute(query, (file.feed, file.delivery_date))
            rows = await cursor.fetchall()
        if [_Day(int(rows), str(version)) for rows, version in rows] != [told]:
            raise _changed(file.path)

    @asynccontextmanager
    async def _connected(self) -> AsyncGenerator[psycopg.AsyncConnection[Any]]:
        """A connection in one read-only transaction of its own view of the data."""
        async with asyncio.timeout(self._settings.connect_seconds):
            connection = await psycopg.AsyncConnection.connect(
                self._address,
                connect_timeout=self._settings.connect_seconds,
                options=_SESSION,
                client_encoding="utf8",
                application_name="lus",
            )
        try:
            await connection.set_read_only(True)
            await connection.set_isolation_level(psycopg.IsolationLevel.REPEATABLE_READ)
            yield connection
        finally:
            # a rollback or a farewell would wait for a server that hangs
            connection.pgconn.finish()

    def _view(self, name: str) -> sql.Identifier:
        return sql.Identifier(self._settings.database_schema, name)


def _changed(path: str) -> UnreachableError:
    return UnreachableError(
        "the day changed in the database while it was being fetched",
        where=redact(path),
        todo="run again; nothing of it counts yet",
    )


@contextmanager
def _errors_named(where: str) -> Generator[None]:
    """What the server or the network says leaves without its text, which may hold a value."""
    try:
        yield
    except (TimeoutError, psycopg.OperationalError, psycopg.InterfaceError, OSError) as error:
        raise UnreachableError(
            f"the database does not answer as it should ({type(error).__name__})",
            where=where,
            todo="see that the address is right, the server runs and the account may log in "
            "(docs/settings.md), then run again; what was being fetched does not count",
        ) from None
    except psycopg.Error as error:
        raise LusError(
            f"the database refuses the question ({type(error).__name__}, {error.sqlstate})",
            where=where,
            todo="see that the views and their columns are as docs/data-contract.md says, that "
            "this account may read them, and that they write nothing",
        ) from None
