"""The oracle's rows as a database with the marts' names, to ask it what one asks the marts."""

from collections.abc import Sequence
from typing import Any

import duckdb
import pyarrow as pa

from .compute import Marts
from .differences import KEYS, Query
from .rules import half_up


def as_query(marts: Marts) -> Query:
    """A `query(sql)` over the oracle's rows."""
    connection = duckdb.connect()
    connection.execute("create schema marts")
    statistics = [
        dict(
            zip(
                ("month", "geography_level", "geography_code", "care_type", "measure"),
                key,
                strict=True,
            )
        )
        | {
            "value": None if figure.value is None else half_up(figure.value, 4),
            "value_status": "preliminary" if figure.preliminary else "ok",
        }
        for key, figure in marts.statistics.items()
    ]
    tables: dict[str, list[dict[str, Any]]] = {
        "fct_discharge_episode": list(marts.episodes.values()),
        "fct_episode_finding": list(marts.findings.values()),
        "fct_municipality_month": list(marts.months.values()),
        "fct_readmission": list(marts.readmissions.values()),
        "rpt_monthly_statistics": statistics,
        "fct_statistic": statistics,
        "ingest_file": list(marts.ingest.values()),
    }
    for name, rows in tables.items():
        if not rows:
            columns = ", ".join(f"{column} varchar" for column in KEYS[name])
            connection.execute(f"create table marts.{name} ({columns})")
            continue
        connection.register("rows", pa.Table.from_pylist(rows))
        connection.execute(f"create table marts.{name} as select * from rows")
        connection.unregister("rows")

    def query(sql: str) -> Sequence[Sequence[Any]]:
        return connection.execute(sql).fetchall()

    return query
