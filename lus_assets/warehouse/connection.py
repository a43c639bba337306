"""How DuckDB is opened here, whoever opens it, and how a text is written into SQL."""

import contextlib
from collections.abc import Generator
from pathlib import Path

import duckdb


@contextlib.contextmanager
def connect(
    path: Path, memory_limit: str = "1GB", *, read_only: bool = False
) -> Generator[duckdb.DuckDBPyConnection]:
    """A connection as every one of ours is: zone pinned, no extension fetched, memory limited."""
    config: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "memory_limit": memory_limit,
    }
    connection = duckdb.connect(str(path), read_only=read_only, config=config)
    try:
        connection.execute("set TimeZone = 'UTC'")
        # nobody looks at a long statement's bar: it would fill the log
        connection.execute("set enable_progress_bar = false")
        yield connection
    finally:
        connection.close()


def quoted(text: str | Path) -> str:
    """A text as an SQL literal."""
    return "'" + str(text).replace("'", "''") + "'"
