"""Whose rows a build has to compute anew, and the models over these people alone.

Touched is who has a row in a file version that came or went since the last build, whose outcome
the passing of days can change, and whoever is linked to them: by a stay that was given two persons,
a message that cancels another stay's, an id used twice. So all rows that can meet in a model of
OF_PEOPLE are there together. It happens in a database of its own, where the last build's tables can
only be read.
"""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import duckdb

from lus_assets.core.home import TOUCHED, Home
from lus_assets.core.progress import Progress
from lus_assets.core.settings import Settings
from lus_assets.ingest.catalog import Catalog
from lus_assets.ingest.contract import FEEDS, Feed
from lus_assets.ingest.lake import lake_schema
from lus_assets.ingest.normalise import RESTRICTED_TYPES, row_hash_sql
from lus_assets.warehouse.connection import connect, quoted
from lus_assets.warehouse.models import OF_PEOPLE, Model, with_ancestors
from lus_assets.warehouse.own_rows import OwnTable
from lus_assets.warehouse.prepare import (
    add_ages,
    check_lake,
    drop_from_lake,
    files_by_feed,
    in_lake,
    lake_views,
    lay_out,
)
from lus_assets.warehouse.size import write_as_sized

_TABLES = {
    "stays": "base_stay",
    "messages": "base_message",
    "persons": "base_person",
    "placements": "base_placement",
    "disputes": "base_dispute",
}
_KINDS = ("person", "stay", "message", "placement", "dispute")
_LINKS = (
    ("stays", "stay_id", "stay", "person_key", "person"),
    ("messages", "message_id", "message", "stay_id", "stay"),
    ("messages", "message_id", "message", "cancels_message_id", "message"),
    ("persons", "person_key", "person", "person_key", "person"),
    ("placements", "placement_id", "placement", "person_key", "person"),
    ("disputes", "dispute_id", "dispute", "episode_id", "stay"),
)
"""Feed, and two ids of a row: column and what it is the id of. Through these rows meet."""

_BY_TIME = """
    select episode.person_key
    from built.intermediate.int_episode as episode
    cross join built.lake.run_parameter as run
    cross join (select max(sip_call_days) as sip_call_days from staging.stg_ruleset) as ruleset
    where episode.end_date + ruleset.sip_call_days >= run.as_of
    union
    select person_key from built.intermediate.int_readmission where not is_follow_up_complete
"""
"""Whose outcome `as_of` could still change at the last build: a SIP call was not yet late
(int_episode_finding; an episode that has not ended ends with `as_of`), or the days in which a
readmission counts were not over. Nothing changes by the calendar later."""

_CHANGED = """
    select file_version_id from (
        select * from {one}.staging.stg_file except select * from {other}.staging.stg_file
    ) as changed
"""


def build_touched(
    home: Home,
    as_of: date,
    settings: Settings,
    own_tables: Sequence[OwnTable],
    models: Sequence[Model],
) -> Home:
    """Build the models of OF_PEOPLE, as known at `as_of`, of the people who are touched.

    Returns the home with the warehouse where they are, and, in its schema `since`, the ids that are
    touched: one table per kind, and `gone` (file versions).

    Raises:
        LusError: a file that came is not as it was written to the lake.
    """
    aside = emptied(replace(home, warehouse_folder=TOUCHED))
    with connect(aside.warehouse, settings.memory_limit) as connection:
        connection.execute(f"attach {quoted(home.warehouse)} as built (read_only)")
        lay_out(connection, home, as_of, settings, own_tables)
        write_as_sized(connection, settings)
        for schema in ("seeds", *sorted({model.schema for model in models}), "came", "since"):
            connection.execute(f"create schema {schema}")
        copy_seeds(connection)
        wanted = with_ancestors(models, OF_PEOPLE)
        files = with_ancestors(models, ("stg_file", "stg_ruleset"))
        for model in files:
            with model.named():
                connection.execute(model.create)
        _read_files(connection, home)
        _touch(connection)
        _restrict(connection)
        add_ages(connection, home)
        progress = Progress("models of the people who are touched")
        for number, model in enumerate(wanted, start=1):
            if model not in files:
                with model.named():
                    connection.execute(model.create)
            progress.at(number, len(wanted), model.name)
        connection.execute("detach built")
    return aside


def emptied(home: Home) -> Home:
    """A home whose warehouse is not there yet, and its folder is. Returns it."""
    shutil.rmtree(home.warehouse.parent, ignore_errors=True)
    home.warehouse.parent.mkdir(mode=0o700)
    return home


def copy_seeds(connection: duckdb.DuckDBPyConnection) -> None:
    """The seeds are those of the last build, attached as `built`: others are other code."""
    for (name,) in connection.execute(
        "select table_name from duckdb_tables()"
        " where database_name = 'built' and schema_name = 'seeds'"
    ).fetchall():
        connection.execute(f"create table seeds.{name} as from built.seeds.{name}")


def _read_files(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    """`since.gone`: file versions that count no more; schema `came`: rows of those that do now."""
    gone = _CHANGED.format(one="built", other="warehouse")
    connection.execute(f"create table since.gone as {gone}")
    came = connection.execute(_CHANGED.format(one="warehouse", other="built")).fetchall()
    names = {name for (name,) in came}
    with Catalog.opened(home) as catalog:
        versions = [each for each in catalog.file_versions() if each.file_version_id in names]
        files = {each.lake_file for each in versions}
        hashes = {path: known for path, known in catalog.lake_hashes().items() if path in files}
    check_lake(home, hashes)
    lake_views(connection, in_lake(home, files_by_feed(versions)), schema="came")


def _touch(connection: duckdb.DuckDBPyConnection) -> None:
    """Schema `since`: every id that is touched, in the round in which it was found."""
    for feed, base in _TABLES.items():
        named = {column for link in _LINKS if link[0] == feed for column in (link[1], link[3])}
        columns = ", ".join(sorted(named))
        connection.execute(
            f"create temp view {feed} as select file_version_id, {columns}"
            f" from built.staging.{base} union all"
            f" select file_version_id, {columns} from came.{feed} where reason_code is null"
        )
    for kind in _KINDS:
        connection.execute(f"create table since.{kind} (id varchar, round integer)")
    for feed, one, kind, other, other_kind in _LINKS:
        for column, of in ((one, kind), (other, other_kind)):
            changed = (
                f"select {column} from came.{feed} where reason_code is null union all"
                f" select {column} from built.staging.{_TABLES[feed]}"
                " where file_version_id in (from since.gone)"
            )
            _add(connection, of, changed, 0)
    _add(connection, "person", _BY_TIME, 0)
    number = 0
    while _spread(connection, number):
        number += 1


def _spread(connection: duckdb.DuckDBPyConnection, number: int) -> bool:
    """Touch what is linked to what was found in a round; whether that was anything."""
    found = {
        kind
        for kind in _KINDS
        if connection.execute(f"from since.{kind} where round = {number} limit 1").fetchone()
    }
    for feed, one, kind, other, other_kind in _LINKS:
        for column, of, to_column, to in (
            (one, kind, other, other_kind),
            (other, other_kind, one, kind),
        ):
            if of in found and column != to_column:
                linked = (
                    f"select {to_column} from {feed}"
                    f" where {column} in (select id from since.{of} where round = {number})"
                )
                _add(connection, to, linked, number + 1)
    return bool(found)


def _add(connection: duckdb.DuckDBPyConnection, kind: str, ids: str, number: int) -> None:
    connection.execute(
        f"insert into since.{kind} select distinct id, {number} from ({ids}) as found (id)"
        f" anti join since.{kind} using (id) where id is not null"
    )


def _restrict(connection: duckdb.DuckDBPyConnection) -> None:
    """Schema `lake`, from here on: the rows of those who are touched, and all of files that came.

    Rows that stand as they did come from the last build's tables: no old file is read again.
    """
    drop_from_lake(connection, _TABLES)
    for feed, base in _TABLES.items():
        column, of = OF_PEOPLE[base]
        of_touched = f"from built.staging.{base} where {column} in (select id from since.{of})"
        names: list[str] = lake_schema(FEEDS[feed]).names
        other = {"reason_code": "null", "row_hash": _row_hash(FEEDS[feed])}
        connection.execute(
            f"create table lake.{feed} as select {', '.join(names)} from came.{feed}"
            f" union all select {', '.join(other.get(name, name) for name in names)} {of_touched}"
            " and file_version_id not in (from since.gone)"
        )


def _row_hash(feed: Feed) -> str:
    """The hash of a row of the last build: kept, unless all that enters it is there again."""
    return "row_hash" if feed.columns_of(*RESTRICTED_TYPES) else row_hash_sql(feed)
