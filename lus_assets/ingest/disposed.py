"""Which discharge months lost rows of the lake by a decision on retention (gallring).

Such a month is never computed anew as if it were whole: it is in no statistics, and no base of it
is issued. Kept in the catalog, beside the files that the rows were of.
"""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from datetime import date

from lus_assets.core.errors import LusError
from lus_assets.core.home import Home

_TABLE = "create table if not exists disposed_month (month text primary key) strict"


def disposed_months(home: Home) -> list[date]:
    """First days of the months that lost rows, in order."""
    if not home.catalog.exists():
        return []
    with closing(sqlite3.connect(home.catalog)) as connection:
        connection.execute(_TABLE)
        rows = connection.execute("select month from disposed_month order by month").fetchall()
    return [date.fromisoformat(month) for (month,) in rows]


def add_disposed_months(home: Home, months: Iterable[date]) -> None:
    """From now on these months are not whole."""
    with closing(sqlite3.connect(home.catalog)) as connection, connection:
        connection.execute(_TABLE)
        connection.executemany(
            "insert or ignore into disposed_month values (?)",
            [(month.replace(day=1).isoformat(),) for month in months],
        )


def refuse_disposed(home: Home, month: date) -> None:
    """LusError when rows of the month (any day of it) were disposed of."""
    if month.replace(day=1) in disposed_months(home):
        raise LusError(
            f"rows of {month:%Y-%m} were disposed of; what would be computed now is not the month",
            where="logs/disposals.jsonl in the home folder",
            todo="use what was published of it; a backup of before the disposal holds the rows",
        )
