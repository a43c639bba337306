"""`lus_suppressed` as a function in SQL: dbt loads this module (profiles.yml), nothing else does.

The models of the statistics get suppression from one call for all months (macros/protection.sql).
"""

from typing import Any

import duckdb
import pyarrow as pa
from dbt.adapters.duckdb.plugins import BasePlugin
from duckdb.func import PythonUDFType

from lus_assets.statistics.months import protect_months

_CELL = ("geography_level", "geography_code", "care_type", "measure")
_SUPPRESSED = pa.list_(pa.struct([(name, pa.string()) for name in (*_CELL, "reason")]))


class Plugin(BasePlugin):
    """dbt-duckdb's name for what a module adds to a connection."""

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        """Register the function: (a month's counts, limit) -> its suppressed cells."""
        conn.create_function(
            "lus_suppressed",
            _suppressed,
            [_rows(value="BIGINT", contained_in="VARCHAR"), duckdb.sqltype("INTEGER")],
            _rows(reason="VARCHAR"),
            type=PythonUDFType.ARROW,
        )


def _suppressed(months: Any, limits: Any) -> Any:
    """Arrow columns of months, as many as the engine has at hand, so that all cores share them."""
    figures = [month.values for month in months]
    found = protect_months(list(zip(figures, limits.to_pylist(), strict=True)))
    return pa.array(found, _SUPPRESSED)


def _rows(**more: str) -> Any:
    names = {name: duckdb.sqltype("VARCHAR") for name in _CELL}
    names |= {name: duckdb.sqltype(kind) for name, kind in more.items()}
    return duckdb.list_type(duckdb.struct_type(names))
