"""dbt's unit tests in milliseconds, for `make test`; `make test-all` has dbt itself run them.

A node of a unit test costs dbt a third of a second of CPU. Here a test's given rows stand in place
of the model's inputs in a warehouse whose tables are empty, and the model's SQL as dbt compiled it
runs on them. As with dbt, a column that a row does not name is null, and the columns compared are
those that the first expected row names.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import duckdb

Row = Mapping[str, Any]
_REF = re.compile(r"ref\('(\w+)'\)")
_SOURCE = re.compile(r"source\('(\w+)', *'(\w+)'\)")


def difference(
    connection: duckdb.DuckDBPyConnection, manifest: Mapping[str, Any], test: Mapping[str, Any]
) -> dict[str, list[tuple[Any, ...]]]:
    """Rows that the model makes too much (`made`) and that it lacks (`expected`); {} when none."""
    (model,) = test["depends_on"]["nodes"]
    connection.execute("begin transaction")
    try:
        for given in test["given"]:
            _stand_in(connection, _relation(manifest, given["input"]), given["rows"])
        return _compared(connection, manifest["nodes"][model]["compiled_code"], test["expect"])
    finally:
        connection.execute("rollback")


def _relation(manifest: Mapping[str, Any], given: str) -> tuple[str, str]:
    """Schema and name of a test's input."""
    if source := _SOURCE.fullmatch(given):
        return source[1], source[2]
    name = _REF.fullmatch(given)
    assert name, given
    schemas = {node["schema"] for node in manifest["nodes"].values() if node["name"] == name[1]}
    (schema,) = schemas
    return schema, name[1]


def _stand_in(
    connection: duckdb.DuckDBPyConnection, relation: tuple[str, str], rows: list[Row] | str
) -> None:
    """Put a table of these rows (or of SQL that makes them) in an input's place."""
    name = ".".join(relation)
    types = _types(connection, f"from {name}")
    is_view = connection.execute(
        "select count(*) from duckdb_views() where schema_name = ? and view_name = ?", relation
    ).fetchone()
    connection.execute(f"drop {'view' if is_view == (1,) else 'table'} {name}")
    if isinstance(rows, str):
        connection.execute(f"create table {name} as {rows}")
        return
    columns = ", ".join(f"{column} {kind}" for column, kind in types.items())
    connection.execute(f"create table {name} ({columns})")
    unknown = {column for row in rows for column in row} - types.keys()
    assert not unknown, f"{name} has no column {', '.join(sorted(unknown))}"
    if rows:
        connection.execute(f"insert into {name} {_select(types, rows)}", _values(types, rows))


def _compared(
    connection: duckdb.DuckDBPyConnection, code: str, expect: Row
) -> dict[str, list[tuple[Any, ...]]]:
    types = _types(connection, code)
    rows = expect["rows"]
    columns = {name: types[name] for name in rows[0]} if rows else types
    listed = ", ".join(columns)
    made = Counter(connection.execute(f"select {listed} from ({code}) as model").fetchall())
    expected: Counter[tuple[Any, ...]] = Counter()
    if rows:
        expected.update(
            connection.execute(_select(columns, rows), _values(columns, rows)).fetchall()
        )
    found = {"made": made - expected, "expected": expected - made}
    return {name: list(of.elements()) for name, of in found.items() if of}


def _types(connection: duckdb.DuckDBPyConnection, sql: str) -> dict[str, str]:
    """Column -> type of what a query gives."""
    return {name: kind for name, kind, *_ in connection.execute(f"describe {sql}").fetchall()}


def _select(types: Mapping[str, str], rows: Iterable[Row]) -> str:
    casts = ", ".join(f"cast(? as {kind})" for kind in types.values())
    return " union all ".join(f"select {casts}" for _ in rows)


def _values(types: Iterable[str], rows: Iterable[Row]) -> list[str | None]:
    return [
        None if row.get(column) is None else str(row[column]) for row in rows for column in types
    ]
