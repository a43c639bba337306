"""How much is built, and what follows from it."""

import duckdb

MANY_ROWS = 20_000_000
"""Delivered rows from which models are built one at a time, into compressed tables: a statement has
work for all cores by itself then, and two of them would share the memory limit and spill. Of fewer
rows, tables are written as they are: finding what packs each column best would cost a fifth of a
run. They take 0.9 GB of a county's year so, and 7.6 GB of its ten years (compressed 0.2 and 1.6).
"""


def has_many_rows(connection: duckdb.DuckDBPyConnection) -> bool:
    """Were MANY_ROWS delivered, as schema `lake` of the warehouse has it?"""
    row = connection.execute("select sum(rows_delivered) from lake.file_version").fetchone()
    return int(row[0] or 0) >= MANY_ROWS if row else False


def compression_of(*, many_rows: bool) -> str:
    """DuckDB's setting `force_compression` for a build of so many rows."""
    return "auto" if many_rows else "uncompressed"


def write_as_sized(connection: duckdb.DuckDBPyConnection) -> None:
    """From here on, write tables as a build of these many rows does."""
    compression = compression_of(many_rows=has_many_rows(connection))
    connection.execute(f"set force_compression = '{compression}'")
