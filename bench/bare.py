"""Runs bare.sql: `python -m bench.bare --home HOME --as-of DATE --out FILE`.

The catalog says which files count; DuckDB does the rest. Of the pipeline only the vault's door is
used, and the lake as builds read it: older months in a file each.
"""

from datetime import date
from pathlib import Path

import duckdb

from bench.script import SEEDS, counting_files, options
from lus_assets.core.home import Home
from lus_assets.ingest.catalog import Catalog
from lus_assets.privacy import vault
from lus_assets.warehouse.packed import packed_files

HERE = Path(__file__).parent


def lake_of(connection: duckdb.DuckDBPyConnection, home: Home) -> dict[str, list[str]]:
    """Feed -> the files that a build reads."""
    with Catalog.opened(home) as catalog:
        read = packed_files(connection, home, catalog.lake_hashes())
    return {feed: [str(each) for each in paths] for feed, paths in read.items()}


def make_marts(home: Path, as_of: date, out: Path) -> None:
    """Write schema `marts` into the DuckDB file `out`, which must not exist."""
    files = [each[:3] for each in counting_files(home, as_of)]
    with duckdb.connect(str(out)) as connection:
        # the files go in as one value: row by row would cost more than the rest of the start
        connection.execute(
            "create temp table file as select f[1] as file_version_id,"
            " f[2]::date as delivery_date, f[3] as path from (select unnest(?::varchar[][]) as f)",
            [files],
        )
        # the vault is sealed: its births come through its door, into a place of the same name
        with vault.reading(Home(home), "birth") as opened:
            connection.register("births", opened.execute("from birth").to_arrow_table())
        connection.execute("attach ':memory:' as vault")
        connection.execute("create table vault.birth as from births")
        variables = {
            "files": lake_of(connection, Home(home)),
            "seeds": str(SEEDS),
            "as_of": as_of,
            "region": "01",
        }
        for name, value in variables.items():
            connection.execute(f"set variable {name} = ?", [value])
        for script in ("bare.sql", "bare_months.sql"):
            connection.execute((HERE / script).read_text(encoding="utf-8"))


if __name__ == "__main__":
    make_marts(*options(__doc__))
