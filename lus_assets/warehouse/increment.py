"""A build that starts from the last one: what was touched since is computed anew, and replaced.

The people who are touched are computed in a database of their own (touched.py). Then, in a copy of
the warehouse, their rows take the place of the old ones, and everything that is not of people
follows from the whole tables. At the end the copy becomes the warehouse: a run that is killed
leaves that as it was. One transaction would do so too, but it keeps in memory what it deletes, and
a nation's tables are too long for that.
"""

import os
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from lus_assets.core.home import NEXT, Home
from lus_assets.core.progress import Progress
from lus_assets.core.settings import Settings
from lus_assets.warehouse.basis import remember
from lus_assets.warehouse.connection import connect, quoted
from lus_assets.warehouse.models import (
    OF_MONTHS,
    OF_PEOPLE,
    Model,
    add_functions,
    models_in_order,
)
from lus_assets.warehouse.own_rows import OwnTable
from lus_assets.warehouse.prepare import drop_from_lake, lay_out
from lus_assets.warehouse.results import NodeResult
from lus_assets.warehouse.size import write_as_sized
from lus_assets.warehouse.touched import build_touched, emptied

_COPIED_AT_ONCE = 2**30
_OF_FILES_GONE = "file_version_id in (from touched.since.gone)"


@dataclass(frozen=True)
class Increment:
    """What a build did that started from the last one."""

    people_touched: int
    results: list[NodeResult]


def build_increment(
    home: Home,
    as_of: date,
    settings: Settings,
    own_tables: Sequence[OwnTable],
    manifest: Mapping[str, Any],
) -> Increment:
    """Bring a warehouse that can be started from (basis.py) to what is known at `as_of`.

    Returns a result for every seed and model, as if all had been built.

    Raises:
        LusError: a file that came is not as it was written to the lake.
        duckdb.Error, OSError: it could not be done, as for want of room on the disk for a second
            warehouse; the one that is there is as it was.
    """
    models = models_in_order(manifest)
    aside = build_touched(home, as_of, settings, own_tables, models)
    seconds = {each.unique_id: 0.0 for each in models}
    copy = _copied(home)
    with connect(copy.warehouse, settings.memory_limit) as connection:
        add_functions(connection)
        connection.execute(f"attach {quoted(aside.warehouse)} as touched (read_only)")
        row = connection.execute("select count(*) from touched.since.person").fetchone()
        _lay_out_again(connection, home, as_of, settings, own_tables)
        write_as_sized(connection, settings)
        progress = Progress("models brought up to date")
        for number, model in enumerate(models, start=1):
            began = time.perf_counter()
            with model.named():
                _replace_rows(connection, model)
            seconds[model.unique_id] = time.perf_counter() - began
            progress.at(number, len(models), model.name)
        remember(connection, home, settings, own_tables)
        # closing would do it too, and leave a log behind without a word when the disk is full
        connection.execute("checkpoint")
    copy.warehouse.replace(home.warehouse)
    for done in (aside, copy):
        shutil.rmtree(done.warehouse.parent)
    seeds = [name for name, node in manifest["nodes"].items() if node["resource_type"] == "seed"]
    results = [
        NodeResult(name, "success", taken, None, None)
        for name, taken in (dict.fromkeys(seeds, 0.0) | seconds).items()
    ]
    return Increment(row[0] if row else 0, results)


def _copied(home: Home) -> Home:
    """The home with a copy of its warehouse."""
    if home.warehouse.with_suffix(".duckdb.wal").exists():
        # a killed process left a log beside it, which belongs to it
        with connect(home.warehouse) as connection:
            connection.execute("checkpoint")
    copy = emptied(replace(home, warehouse_folder=NEXT))
    _copy(home.warehouse, copy.warehouse)
    return copy


def _copy(source: Path, target: Path) -> None:
    """Copy a file; a file system that can (XFS, Btrfs) lets both share what stays the same."""
    with source.open("rb") as one, target.open("wb") as other:
        while os.copy_file_range(one.fileno(), other.fileno(), _COPIED_AT_ONCE):
            pass


def _lay_out_again(
    connection: duckdb.DuckDBPyConnection,
    home: Home,
    as_of: date,
    settings: Settings,
    own_tables: Sequence[OwnTable],
) -> None:
    """Schema `lake` as of now, without ages: only models of people read them (touched.py)."""
    drop_from_lake(connection)
    lay_out(connection, home, as_of, settings, own_tables)


def _replace_rows(connection: duckdb.DuckDBPyConnection, model: Model) -> None:
    """A view is what it was; a table has other rows, and keeps its types and comments."""
    if model.is_view:
        return
    table = model.relation
    if model.name in OF_PEOPLE:
        connection.execute(f"delete from {table} where {_of_touched(model.name)}")
        connection.execute(f"insert into {table} by name from touched.{table}")
        return
    if model.name in OF_MONTHS.values():
        connection.execute(f"create or replace temp table was_{model.name} as from {table}")
    if model.name in OF_MONTHS:
        months = _other_months(connection, OF_MONTHS[model.name])
        connection.execute(f"delete from {table} where {months}")
        connection.execute(
            f"insert into {table} by name select * from ({model.sql}\n) where {months}"
        )
        return
    connection.execute(f"delete from {table}")
    connection.execute(f"insert into {table} by name {model.sql}")


def _of_touched(name: str) -> str:
    column, kind = OF_PEOPLE[name]
    return f"{column} in (select id from touched.since.{kind})" if column else _OF_FILES_GONE


def _other_months(connection: duckdb.DuckDBPyConnection, name: str) -> str:
    """A condition: months in which a table has other rows than before, as literals."""
    now, was = f"select * from intermediate.{name}", f"select * from was_{name}"
    found = connection.execute(
        f"select distinct month from (({now} except all {was}) union all ({was} except all {now}))"
    ).fetchall()
    months = ", ".join(f"date '{month}'" for (month,) in found)
    return f"month in ({months})" if months else "false"
