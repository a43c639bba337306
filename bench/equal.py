"""Whether a script's tables are the pipeline's marts: the same rows, in the columns that it has."""

from dataclasses import dataclass
from pathlib import Path

import duckdb

from lus_assets.warehouse.connection import quoted

KEYS = {
    "fct_discharge_episode": "episode_id",
    "fct_episode_finding": "episode_id, finding_code",
    "fct_municipality_month": "billing_month, municipality_code, ruleset_id",
    "fct_readmission": "index_episode_id",
    "fct_statistic": "month, geography_level, geography_code, care_type, measure",
}


@dataclass(frozen=True)
class Compared:
    """One table of a script beside the pipeline's."""

    table: str
    columns: int
    columns_of_mart: int
    rows: int
    only_pipeline: int
    only_script: int

    @property
    def is_equal(self) -> bool:
        """Has each side exactly the rows of the other?"""
        return self.only_pipeline == self.only_script == 0


def compare(warehouse: Path, made: Path) -> list[Compared]:
    """Compare every table of `made` (a DuckDB file with schema marts) with the warehouse's.

    The script's values are cast to the mart's types. A column that the mart has not is an error.
    """
    with duckdb.connect() as connection:
        for name, path in (("pipeline", warehouse), ("script", made)):
            connection.execute(f"attach {quoted(path)} as {name} (read_only)")
        tables = [name for (name,) in connection.execute(_TABLES).fetchall()]
        return [_compare(connection, table) for table in tables]


def differing(warehouse: Path, made: Path, table: str, limit: int = 5) -> list[tuple[object, ...]]:
    """The first rows that only one side has, for whoever mends the script; simulated data only."""
    with duckdb.connect() as connection:
        for name, path in (("pipeline", warehouse), ("script", made)):
            connection.execute(f"attach {quoted(path)} as {name} (read_only)")
        columns = _columns(connection, "script", table)
        types = _columns(connection, "pipeline", table)
        listed = ", ".join(f'"{name}"' for name in columns)
        cast = ", ".join(f'"{name}"::{types[name]} as "{name}"' for name in columns)
        theirs = f"select {listed} from pipeline.marts.{table}"
        ours = f"select {cast} from script.marts.{table}"
        return connection.execute(
            f"select 'pipeline' as side, * from (({theirs}) except all ({ours})) union all"
            f" select 'script', * from (({ours}) except all ({theirs}))"
            f" order by {KEYS.get(table, next(iter(columns)))}, side limit {limit}"
        ).fetchall()


_TABLES = """
    select table_name from duckdb_tables()
    where database_name = 'script' and schema_name = 'marts' order by table_name
"""


def _columns(connection: duckdb.DuckDBPyConnection, database: str, table: str) -> dict[str, str]:
    return dict(
        connection.execute(
            "select column_name, data_type from duckdb_columns() where database_name = ?"
            " and schema_name = 'marts' and table_name = ? order by column_index",
            [database, table],
        ).fetchall()
    )


def _compare(connection: duckdb.DuckDBPyConnection, table: str) -> Compared:
    types = _columns(connection, "pipeline", table)
    columns = _columns(connection, "script", table)
    listed = ", ".join(f'"{name}"' for name in columns)
    cast = ", ".join(f'"{name}"::{types[name]} as "{name}"' for name in columns)
    theirs = f"select {listed} from pipeline.marts.{table}"
    ours = f"select {cast} from script.marts.{table}"
    counts = connection.execute(
        f"select (select count(*) from ({ours})),"
        f" (select count(*) from (({theirs}) except all ({ours}))),"
        f" (select count(*) from (({ours}) except all ({theirs})))"
    ).fetchone()
    assert counts is not None  # noqa: S101 - an aggregate always has a row
    return Compared(table, len(columns), len(types), *counts)
