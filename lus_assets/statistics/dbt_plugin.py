"""`lus_suppressed` as a function in SQL: dbt loads this module (profiles.yml), nothing else does.

The models of the statistics get suppression from one call per month; see macros/protection.sql.
"""

from typing import Any

import duckdb
from dbt.adapters.duckdb.plugins import BasePlugin

from lus_assets.statistics.protection import protect_rows

_CELL = {
    "geography_level": "VARCHAR",
    "geography_code": "VARCHAR",
    "care_type": "VARCHAR",
    "measure": "VARCHAR",
}


class Plugin(BasePlugin):
    """dbt-duckdb's name for what a module adds to a connection."""

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        """Register the function: (a month's counts, limit) -> its suppressed cells."""
        conn.create_function(
            "lus_suppressed",
            protect_rows,
            [_rows(value="BIGINT", contained_in="VARCHAR"), duckdb.sqltype("INTEGER")],
            _rows(reason="VARCHAR"),
        )


def _rows(**more: str) -> Any:
    names = {name: duckdb.sqltype(kind) for name, kind in (_CELL | more).items()}
    return duckdb.list_type(duckdb.struct_type(names))
