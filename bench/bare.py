"""Runs bare.sql: `python -m bench.bare --home HOME --as-of DATE --out FILE`.

The catalog says which files count; DuckDB does the rest. Of the pipeline only the vault's door is
used.
"""

import argparse
import sqlite3
from datetime import date
from pathlib import Path

import duckdb

from lus_assets.core.home import Home
from lus_assets.privacy import vault

HERE = Path(__file__).parent
SEEDS = HERE.parent / "dbt_project" / "seeds"
_FILES = """
    select file_version_id, delivery_date, path from file_version
    where lake_file is not null and delivery_date <= :as_of and counts_from <= :as_of
        and (counts_until is null or counts_until > :as_of)
"""


def make_marts(home: Path, as_of: date, out: Path) -> None:
    """Write schema `marts` into the DuckDB file `out`, which must not exist."""
    with sqlite3.connect(home / "lake" / "catalog.sqlite") as catalog:
        files = catalog.execute(_FILES, {"as_of": as_of.isoformat()}).fetchall()
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
            "lake": str(home / "lake"),
            "seeds": str(SEEDS),
            "as_of": as_of,
            "region": "01",
        }
        for name, value in variables.items():
            connection.execute(f"set variable {name} = ?", [value])
        for script in ("bare.sql", "bare_months.sql"):
            connection.execute((HERE / script).read_text(encoding="utf-8"))


def main() -> None:
    """Read the options and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--as-of", type=date.fromisoformat, required=True)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    make_marts(given.home, given.as_of, given.out)


if __name__ == "__main__":
    main()
