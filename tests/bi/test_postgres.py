"""The marts in a real PostgreSQL: equal to the snapshot, whole for every reader, and read only."""

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import psycopg
import pytest
from psycopg import errors, sql

from lus_assets.core.assets import INSTALLATION
from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.core.home_version import bring_up_to_date
from lus_assets.core.installation import Installation
from lus_assets.core.settings import Settings
from lus_assets.publishing import postgres
from lus_assets.publishing.assets import build_postgres_asset
from lus_assets.publishing.postgres import PostgresReport, publish_postgres
from tests.bi.nasty_marts import publish
from tests.bi.server import Server
from tests.pipeline.command import lus_here
from tests.postgres import PASSWORD, needs_postgres
from tests.unit.publishing.tiny_marts import contracts

pytestmark = [pytest.mark.slow, needs_postgres]

EARLY, LATE = date(2025, 2, 1), date(2025, 3, 1)
TYPES = {"VARCHAR": "text", "TIMESTAMP": "timestamp without time zone"}
SCHEMAS = "select nspname from pg_namespace where nspname like 'marts%' order by nspname"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.fixture
def dsn(server: Server, request: pytest.FixtureRequest) -> str:
    """A database of the test's own, and its publisher."""
    return server.new_database(request.node.name.split("[")[0][:60])


@pytest.fixture
def reader(server: Server, dsn: str) -> Iterator[psycopg.Connection]:
    """Someone who was given the reading role, and nothing else."""
    server.new_role("anna", reads=True)
    with psycopg.connect(dsn, user="anna", autocommit=True) as connection:
        yield connection


def published(home: Home, dsn: str, as_of: date, municipalities: int) -> PostgresReport:
    publish(home, as_of, municipalities)
    return publish_postgres(home, dsn, Settings())


def found(connection: psycopg.Connection, query: str) -> list[Any]:
    """The first column of what a query finds."""
    return [row[0] for row in connection.execute(query.encode()).fetchall()]


def state(connection: psycopg.Connection) -> tuple[date, int]:
    """as_of, and how many rows fct_municipality_month has, by one statement."""
    row = connection.execute(
        "select as_of, (select count(*) from marts.fct_municipality_month) from marts.dim_snapshot"
    ).fetchone()
    assert row is not None
    return row


def test_every_mart_has_the_snapshots_rows_and_exact_types(
    home: Home, dsn: str, reader: psycopg.Connection
) -> None:
    report = published(home, dsn, EARLY, 2)
    assert set(report.row_counts) == set(contracts())
    with duckdb.connect(str(home.published / "bi/lus.duckdb"), read_only=True) as snapshot:
        for mart, contract in contracts().items():
            expected = snapshot.execute(f'select * from marts."{mart}"').fetchall()
            query = sql.SQL("select * from {}").format(sql.Identifier("marts", mart))
            rows = reader.execute(query).fetchall()
            assert sorted(map(repr, rows)) == sorted(map(repr, expected)), mart
            assert report.row_counts[mart] == len(expected) > 0, mart
            types = reader.execute(
                "select attname, format_type(atttypid, atttypmod) from pg_attribute"
                " where attrelid = %s::regclass and attnum > 0 order by attnum",
                [f"marts.{mart}"],
            ).fetchall()
            assert types == [
                (each["name"], of_postgres(each["data_type"])) for each in contract["columns"]
            ], mart


def of_postgres(kind: str) -> str:
    return TYPES.get(kind, kind.lower().replace("decimal", "numeric").replace(" ", ""))


def test_dbts_descriptions_are_the_comments_of_tables_and_columns(
    home: Home, dsn: str, reader: psycopg.Connection
) -> None:
    published(home, dsn, EARLY, 2)
    for mart, contract in contracts().items():
        comments = reader.execute(
            "select col_description(attrelid, attnum), obj_description(attrelid) from pg_attribute"
            " where attrelid = %s::regclass and attnum > 0 order by attnum",
            [f"marts.{mart}"],
        ).fetchall()
        told = [(each["description"], contract["description"]) for each in contract["columns"]]
        assert comments == told, mart


WRITING = (
    "insert into marts.dim_snapshot values (current_date, '', '')",
    "update marts.dim_snapshot set as_of = current_date",
    "delete from marts.dim_snapshot",
    "truncate marts.dim_snapshot",
    "drop table marts.dim_snapshot",
    "alter table marts.dim_snapshot rename to mine",
    "create table marts.mine (x integer)",
    "create schema mine",
    "alter schema marts rename to mine",
)


ROLES = pytest.mark.promise(
    "In PostgreSQL readers can only read, and who was not let in reads nothing",
    area="Doors",
    how="a real server: the reader's role tries to write, change, drop, rename and create; another"
    " role tries to read",
)


@ROLES
def test_who_reads_cannot_write(home: Home, dsn: str, reader: psycopg.Connection) -> None:
    published(home, dsn, EARLY, 2)
    for statement in WRITING:
        with pytest.raises(errors.InsufficientPrivilege):
            reader.execute(statement.encode())
    assert state(reader) == (EARLY, 2)


@ROLES
def test_who_was_not_given_the_role_reads_nothing(home: Home, server: Server, dsn: str) -> None:
    published(home, dsn, EARLY, 2)
    server.new_role("stranger")
    with (
        psycopg.connect(dsn, user="stranger") as connection,
        pytest.raises(errors.InsufficientPrivilege),
    ):
        connection.execute("select * from marts.dim_snapshot")


def test_a_new_set_replaces_the_old_one_and_nothing_is_left_beside(
    home: Home, dsn: str, reader: psycopg.Connection
) -> None:
    published(home, dsn, EARLY, 2)
    assert state(reader) == (EARLY, 2)
    report = published(home, dsn, LATE, 3)
    assert state(reader) == (LATE, 3)
    assert report.still_held == ()
    assert found(reader, SCHEMAS) == ["marts"]


@pytest.mark.promise(
    "Readers never see an error or half a table while the marts in PostgreSQL are replaced",
    area="Load",
    how="a real server: readers ask over two tables without a pause while sets replace each other",
)
def test_readers_are_never_refused_and_never_see_two_sets_at_once(
    tmp_path: Path, dsn: str, reader: psycopg.Connection
) -> None:
    early, late = Home(tmp_path / "early"), Home(tmp_path / "late")
    publish(early, EARLY, 200)
    publish(late, LATE, 300)
    publish_postgres(early, dsn, Settings())
    seen: list[tuple[date, int]] = []
    failures: list[Exception] = []
    is_over = threading.Event()

    def read() -> None:
        try:
            while not is_over.is_set():
                seen.append(state(reader))
        except psycopg.Error as error:
            failures.append(error)

    thread = threading.Thread(target=read)
    thread.start()
    for _ in range(10):
        publish_postgres(late, dsn, Settings())
        publish_postgres(early, dsn, Settings())
    is_over.set()
    thread.join()
    assert failures == []
    assert set(seen) == {(EARLY, 200), (LATE, 300)}


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "_TRIES", 1)
    monkeypatch.setattr(postgres, "_PAUSE_SECONDS", 0)


@pytest.mark.usefixtures("impatient")
def test_a_reader_who_stays_in_the_old_set_holds_no_one_up_and_keeps_it(
    home: Home, dsn: str, reader: psycopg.Connection
) -> None:
    published(home, dsn, EARLY, 200)
    with psycopg.connect(dsn, user="anna") as slow:
        rows = slow.cursor(name="rows")  # on the server: fetched piece by piece
        rows.execute("select municipality_code from marts.fct_municipality_month")
        first = rows.fetchmany(10)
        report = published(home, dsn, LATE, 3)
        assert state(reader) == (LATE, 3)
        assert len(report.still_held) == 1
        assert len(first) + len(rows.fetchall()) == 200
    assert publish_postgres(home, dsn, Settings()).still_held == ()
    assert found(reader, SCHEMAS) == ["marts"]


def test_what_someone_built_on_the_marts_is_not_dropped_with_them(
    home: Home, server: Server, dsn: str
) -> None:
    published(home, dsn, EARLY, 2)
    database = psycopg.conninfo.conninfo_to_dict(dsn)["dbname"]
    view = "create view public.mine as select * from marts.fct_municipality_month"
    server.run(view, database=str(database))
    assert len(published(home, dsn, LATE, 3).still_held) == 1
    with psycopg.connect(server.dsn(database=str(database))) as connection:
        assert found(connection, "select count(*) from public.mine") == [2]
        assert state(connection) == (LATE, 3)


def test_a_schema_that_is_not_ours_stands(home: Home, server: Server, dsn: str) -> None:
    database = str(psycopg.conninfo.conninfo_to_dict(dsn)["dbname"])
    server.run("create schema marts", "create table marts.a as select 1", database=database)
    with pytest.raises(LusError, match="did not publish"):
        published(home, dsn, EARLY, 2)
    with psycopg.connect(server.dsn(database=database)) as connection:
        assert found(connection, "select * from marts.a") == [1]
        assert found(connection, SCHEMAS) == ["marts"]


KILLED = """
import os, signal, sys
from pathlib import Path
import psycopg
from lus_assets.core.home import Home
from lus_assets.core.home_version import bring_up_to_date
from lus_assets.core.installation import Installation
from lus_assets.core.settings import Settings
from lus_assets.publishing.postgres import publish_postgres
real, calls = psycopg.Copy.write_row, iter(range(1_000_000))
def write_row(self, row):
    if next(calls) == int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)
    real(self, row)
psycopg.Copy.write_row = write_row
publish_postgres(Home(Path(sys.argv[1])), sys.argv[2], Settings())
"""


@pytest.mark.parametrize("row", [0, 50, 250])
def test_a_publication_that_is_killed_leaves_the_old_marts_and_nothing_else(
    home: Home, server: Server, row: int
) -> None:
    dsn = server.new_database(f"killed_at_{row}")
    published(home, dsn, EARLY, 2)
    publish(home, LATE, 300)
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(home.root), dsn, str(row)], check=False
    )
    assert killed.returncode == -signal.SIGKILL
    with psycopg.connect(dsn, autocommit=True) as connection:
        assert state(connection) == (EARLY, 2)
        assert found(connection, SCHEMAS) == ["marts"]
        publish_postgres(home, dsn, Settings())
        assert state(connection) == (LATE, 300)


def test_a_server_that_ends_the_session_is_an_error_without_its_words(
    home: Home, server: Server, dsn: str, reader: psycopg.Connection
) -> None:
    published(home, dsn, EARLY, 2)
    publish(home, LATE, 3)
    real = psycopg.Copy.write_row

    def write_row(self: psycopg.Copy, row: Any) -> None:
        server.run(
            "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'publisher'"
        )
        real(self, row)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(psycopg.Copy, "write_row", write_row)
        with pytest.raises(LusError, match="published before stands") as ended:
            publish_postgres(home, dsn, Settings())
    assert "terminating" not in str(ended.value)
    assert state(reader) == (EARLY, 2)


def test_a_value_that_the_server_refuses_is_not_told(home: Home, dsn: str) -> None:
    publish(home, EARLY, 2)
    with duckdb.connect(str(home.published / "bi/lus.duckdb")) as snapshot:
        snapshot.execute(
            "insert into marts.dim_hospital_unit values ('secret' || chr(0), null, null, 1)"
        )
    with pytest.raises(LusError) as refused:
        publish_postgres(home, dsn, Settings())
    assert "secret" not in str(refused.value)


def test_one_publication_to_a_schema_at_a_time(home: Home, dsn: str) -> None:
    publish(home, EARLY, 2)
    with psycopg.connect(dsn) as other:
        other.execute("select pg_advisory_lock(hashtext('lus'), hashtext('marts'))")
        with pytest.raises(LusError, match="another run"):
            publish_postgres(home, dsn, Settings())
    publish_postgres(home, dsn, Settings(postgres_schema="other"))


def test_a_publisher_who_may_not_is_told_what_to_grant(home: Home, server: Server) -> None:
    server.new_database("refused")
    server.new_role("nobody_much")
    publish(home, EARLY, 2)
    with pytest.raises(LusError, match="grant it `create` on the database"):
        publish_postgres(home, server.dsn("nobody_much", "refused"), Settings())
    with pytest.raises(LusError, match="make the reading role once"):
        publish_postgres(
            home, server.dsn("publisher", "refused"), Settings(postgres_reader="not_there")
        )


def test_the_command_publishes_to_the_schema_of_the_settings(
    home: Home, dsn: str, reader: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(home, EARLY, 2)
    bring_up_to_date(home)
    home.region.mkdir()
    (home.region / "settings.toml").write_text('postgres_schema = "lus_marts"\n', "utf-8")
    monkeypatch.setenv("LUS_POSTGRES_DSN", dsn)
    said = lus_here("publish-postgres", "--home", home.root)
    assert (said.status, said.err) == (0, "")
    assert "schema lus_marts" in said.out
    assert "as known at 2025-02-01" in said.out
    assert dsn not in said.out
    assert found(reader, "select as_of from lus_marts.dim_snapshot") == [EARLY]


def test_in_the_graph_the_asset_tells_what_it_published_and_not_where(
    home: Home, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(home, EARLY, 2)
    monkeypatch.setenv("LUS_POSTGRES_DSN", dsn)
    installation = {INSTALLATION: Installation(home, home.root)}
    result = dg.materialize([build_postgres_asset()], resources=installation)
    (made,) = result.asset_materializations_for_node("published__postgres_marts")
    told = {name: value.value for name, value in made.metadata.items()}
    assert (told["as_of"], told["tables"]) == ("2025-02-01", len(contracts()))
    assert PASSWORD not in str(result.all_events)
