"""What must hold of the region's own rows, beyond their types: the tests of the models on them.

Each condition stands once, in dbt_project/models/staging/stg_rules.yml. Here a row that breaks one
is named with its file and number before anything is computed; in the graph the tests hold for all.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import duckdb
import yaml

from lus_assets.core.errors import LusError
from lus_assets.warehouse.project import DBT_PROJECT

_RULES = DBT_PROJECT / "models" / "staging" / "stg_rules.yml"
_REF = re.compile(r'ref\("(?:stg_)?(\w+)"\)')
_FIRST = "order by 1 limit 1"
Placed = Sequence[tuple[str, tuple[Any, ...]]]


def check_own_rows(rows: Mapping[str, Placed], types: Mapping[str, Mapping[str, str]]) -> None:
    """Check the own rows of all tables together: a ruleset's name may be an own row's too.

    rows: table -> rows, each with where it stands; types: table -> columns with their SQL types.

    Raises:
        LusError: a row that breaks a condition, with its place and the condition in words.
    """
    if not any(rows.values()):
        return
    with duckdb.connect() as connection:
        for table, placed in rows.items():
            _lay_out(connection, table, placed, types[table])
        for table, words, query in _conditions(rows):
            if rows[table] and (found := connection.execute(query).fetchone()):
                raise LusError(
                    f"a row breaks a condition: {words.strip()}",
                    where=found[0],
                    todo="mend or remove that row",
                )


def _lay_out(
    connection: duckdb.DuckDBPyConnection, table: str, placed: Placed, types: Mapping[str, str]
) -> None:
    columns = ", ".join(f"{name} {kind}" for name, kind in types.items())
    connection.execute(f"create table {table} ({columns}, place varchar)")
    if placed:
        marks = ", ".join("?" * (len(types) + 1))
        connection.executemany(
            f"insert into {table} values ({marks})", [[*row, place] for place, row in placed]
        )


def _conditions(tables: Collection[str]) -> Iterator[tuple[str, str, str]]:
    """Table, the condition in words, and a query for the place of a row that breaks it."""
    for model in yaml.safe_load(_RULES.read_text(encoding="utf-8"))["models"]:
        table = model["name"].removeprefix("stg_")
        for test in model["data_tests"] if table in tables else ():
            for kind, told in test.items():
                query = _query(table, kind, told["arguments"], tables)
                if query:
                    yield table, told["description"], query


def _query(table: str, kind: str, given: Mapping[str, Any], tables: Collection[str]) -> str | None:
    """None for kinds that need no look: closed sets are types here, and own rows may overlap."""
    if kind == "grain":
        key = ", ".join(given["columns"])
        return f"select max(place) from {table} group by {key} having count(*) > 1 {_FIRST}"
    if kind == "every_row":
        return f"select place from {table} where not coalesce({given['condition']}, true) {_FIRST}"
    if kind == "known_in" and (found := _REF.fullmatch(given["to"])):
        column, known, field = given["column"], found[1], given["field"]
        own = f"select {field} from {known} union all " if known in tables else ""
        path = str(DBT_PROJECT / "seeds" / f"{known}.csv").replace("'", "''")
        seed = f"read_csv('{path}', all_varchar = true)"
        return (
            f"select place from {table} where {column} not in"
            f" ({own}select {field} from {seed} where {field} is not null) {_FIRST}"
        )
    return None
