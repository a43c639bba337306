"""The snapshot, Parquet and PostgreSQL in the programs that people have, as docs/bi/ says it."""

import json
import os
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow.parquet as pq
import pytest

from lus_assets.core.home import Home
from lus_assets.core.settings import Settings
from lus_assets.publishing.postgres import publish_postgres
from lus_assets.publishing.snapshot import SnapshotReport, publish_snapshot
from tests.bi.environment import environment
from tests.bi.nasty_marts import build_nasty_warehouse
from tests.bi.server import Server
from tests.needs import needs_program
from tests.postgres import needs_postgres
from tests.unit.publishing.tiny_marts import contracts

pytestmark = pytest.mark.slow

AS_OF = date(2025, 2, 1)


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> SnapshotReport:
    home = Home(tmp_path_factory.mktemp("home"))
    build_nasty_warehouse(home, AS_OF, 50)
    return publish_snapshot(home, AS_OF)


def as_text(rows: list[tuple[Any, ...]]) -> list[str]:
    """Rows in an order of their own, as text that every version of Python writes alike."""
    return sorted("|".join(str(value) for value in row) for row in rows)


@pytest.fixture(scope="module")
def expected(snapshot: SnapshotReport) -> dict[str, list[str]]:
    """Rows of every mart, as this project's own DuckDB reads them."""
    with duckdb.connect(str(snapshot.database), read_only=True) as connection:
        return {
            mart: as_text(connection.execute(f'select * from marts."{mart}"').fetchall())
            for mart in contracts()
        }


def told_by(python: Path, code: str, *arguments: object) -> Any:
    """What a program in its own environment writes as JSON."""
    ended = subprocess.run(
        [python / "python", "-c", code, *map(str, arguments)],
        check=True,
        capture_output=True,
        text=True,
    )
    return json.loads(ended.stdout)


DUCKDB = """
import duckdb, json, sys
c = duckdb.connect(sys.argv[1], read_only=True)
marts = [n for (n,) in c.sql("select table_name from duckdb_tables()").fetchall()]
rows = {m: c.sql(f'select * from marts."{m}"').fetchall() for m in marts}
text = {m: sorted("|".join(str(v) for v in r) for r in found) for m, found in rows.items()}
comments = dict(c.sql("select table_name, comment from duckdb_tables()").fetchall())
print(json.dumps([duckdb.__version__, text, comments]))
"""


@pytest.mark.parametrize("version", ["1.0.0", "1.4.4", "2.0.0"])
def test_duckdb_of_any_age_reads_every_row_and_description(
    version: str, snapshot: SnapshotReport, expected: dict[str, list[str]]
) -> None:
    with environment(f"duckdb=={version}") as python:
        told, rows, comments = told_by(python, DUCKDB, snapshot.database)
    assert told == version
    assert rows == expected
    assert comments == {mart: each["description"] for mart, each in contracts().items()}


POLARS = """
import json, sys, pathlib
import polars as pl
found = {}
for path in sorted(pathlib.Path(sys.argv[1]).glob("*/*.parquet")):
    frame = pl.read_parquet(path)
    found[path.stem] = [
        [str(kind) for kind in frame.dtypes],
        sorted("|".join(str(v) for v in row) for row in frame.rows()),
    ]
print(json.dumps(found))
"""
IN_POLARS = {
    **{"VARCHAR": "String", "BIGINT": "Int64", "INTEGER": "Int32", "BOOLEAN": "Boolean"},
    **{"DATE": "Date", "TIMESTAMP": "Datetime(time_unit='us', time_zone=None)"},
}


def test_polars_reads_every_parquet_file_with_its_exact_types(
    snapshot: SnapshotReport, expected: dict[str, list[str]]
) -> None:
    with environment("polars") as python:
        found = told_by(python, POLARS, snapshot.parquet)
    assert {mart: rows for mart, (_, rows) in found.items()} == expected
    for mart, contract in contracts().items():
        kinds = [kind.replace(" ", "") for kind in found[mart][0]]
        assert kinds == [of_polars(each["data_type"]) for each in contract["columns"]], mart


def of_polars(kind: str) -> str:
    told = IN_POLARS.get(kind) or kind.replace("DECIMAL(", "Decimal(precision=").replace(
        ",", ",scale="
    )
    return told.replace(" ", "")


def test_pandas_reads_every_parquet_file_with_exact_decimals(
    snapshot: SnapshotReport, expected: dict[str, list[str]]
) -> None:
    for mart in contracts():
        path = snapshot.parquet / mart / f"{mart}.parquet"
        frame = pd.read_parquet(path, dtype_backend="pyarrow")
        rows = frame.astype(object).where(frame.notna(), None).itertuples(index=False, name=None)
        assert as_text(list(rows)) == expected[mart], mart


def test_every_parquet_column_has_its_description_and_every_file_its_tables(
    snapshot: SnapshotReport,
) -> None:
    for mart, contract in contracts().items():
        schema = pq.read_schema(snapshot.parquet / mart / f"{mart}.parquet")
        assert schema.metadata[b"description"].decode() == contract["description"]
        told = {field.name: field.metadata[b"description"].decode() for field in schema}
        assert told == {each["name"]: each["description"] for each in contract["columns"]}, mart


@needs_postgres
@needs_program("psql")
def test_psql_reads_what_a_reader_may_and_shows_what_columns_are(
    snapshot: SnapshotReport, server: Server
) -> None:
    dsn = server.new_database("psql")
    publish_postgres(Home(snapshot.folder.parents[1]), dsn, Settings())
    server.new_role("eva", reads=True)

    def psql(command: str) -> str:
        arguments = ("psql", "-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", command)
        return subprocess.run(
            [*arguments, server.dsn("eva", "psql")],
            check=True,
            capture_output=True,
            text=True,
            env={**os.environ, "PGCLIENTENCODING": "UTF8"},
        ).stdout

    assert (
        psql(
            "select as_of, (select count(*) from marts.fct_municipality_month)"
            " from marts.dim_snapshot"
        )
        == "2025-02-01|50\n"
    )
    contract = contracts()["fct_municipality_month"]
    shown = psql(r"\d+ marts.fct_municipality_month")
    assert all(each["description"] in shown for each in contract["columns"])
