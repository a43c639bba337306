"""How days, money, moments and dated rows are written in an explanation."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import duckdb

Row = dict[str, Any]

ACT = "2017:612"


def read(
    connection: duckdb.DuckDBPyConnection, query: str, parameters: Sequence[Any] = ()
) -> list[Row]:
    """Rows of a query, each by column name."""
    found = connection.execute(query, list(parameters))
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def count(number: Decimal | int, what: str) -> str:
    """`1 day`, `4 days`, `13.98 days`."""
    text = plain(number)
    return f"{text} {what}" if text == "1" else f"{text} {what}s"


def plain(number: Decimal | int) -> str:
    """A number without zeros that say nothing: 4, 13.98, 2.5."""
    text = f"{Decimal(number):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def money(amount: Decimal) -> str:
    """SEK with öre and thousands apart: 146 790.00."""
    return f"{amount:,.2f}".replace(",", " ")


def clock(moment: datetime) -> str:
    """Local date and time; seconds only when there are some."""
    return f"{moment:%Y-%m-%d %H:%M:%S}".removesuffix(":00")


def period(valid_from: date, valid_to: date | None) -> str:
    """A validity, both ends inclusive."""
    return f"{valid_from} to {valid_to}" if valid_to else f"from {valid_from}"


def assumed(status: str) -> str:
    """What has to be said beside whatever rests on an assumption; else nothing."""
    return " — AN ASSUMPTION" if status == "assumption" else ""


def indented(lines: Sequence[str], by: int = 2) -> list[str]:
    """The lines, moved to the right; empty ones stay empty."""
    return [" " * by + line if line else line for line in lines]
