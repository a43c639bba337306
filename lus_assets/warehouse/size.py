"""How much is built, and what follows from it."""

import duckdb

from lus_assets.core.settings import Settings

MANY_ROWS = 20_000_000
"""Delivered rows from which models are built one at a time: a statement has work for all cores by
itself then, and two of them would share the memory limit and spill."""


def has_many_rows(connection: duckdb.DuckDBPyConnection) -> bool:
    """Were MANY_ROWS delivered, as schema `lake` of the warehouse has it?"""
    row = connection.execute("select sum(rows_delivered) from lake.file_version").fetchone()
    return int(row[0] or 0) >= MANY_ROWS if row else False


def compression(connection: duckdb.DuckDBPyConnection, settings: Settings) -> str:
    """DuckDB's setting `force_compression` for a build.

    Tables are written as they are, where the warehouse lasts until the next build only and is not
    that of MANY_ROWS: finding what packs each column best would cost a fifth of a run. They take
    0.9 GB of a county's year so, and 7.6 GB of its ten years (compressed 0.2 and 1.6). Where the
    next build starts from a copy, to copy that much would cost more.
    """
    is_kept = settings.build == "incremental" or has_many_rows(connection)
    return "auto" if is_kept else "uncompressed"


def write_as_sized(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """From here on, write tables as a build by these settings does."""
    connection.execute(f"set force_compression = '{compression(connection, settings)}'")
