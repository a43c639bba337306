"""A home whose marts hold what files and servers get wrong: every mart, every type, its edges."""

from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from lus_assets.core.home import Home
from lus_assets.publishing.snapshot import DATABASE, publish_snapshot
from tests.unit.publishing.tiny_marts import build_warehouse, contracts, municipality_month

_PLAIN: dict[str, tuple[Any, ...]] = {
    "VARCHAR": ("Ängsö", "a\tb\nc\\d'e\"f;g", ""),
    "BIGINT": (1, -(2**63), 2**63 - 1),
    "INTEGER": (0, -(2**31), 2**31 - 1),
    "DATE": (date(2024, 2, 29), date(1, 1, 1), date(9999, 12, 31)),
    # half past two on the night that clocks go forward is no time in Stockholm; it stays written so
    "TIMESTAMP": (
        datetime(2024, 3, 31, 2, 30),  # noqa: DTZ001 - local times have no zone here
        datetime(2024, 10, 27, 2, 30, 0, 1),  # noqa: DTZ001
        datetime(1999, 12, 31, 23, 59, 59, 999999),  # noqa: DTZ001
    ),
    "BOOLEAN": (True, False, True),
}


def publish(home: Home, as_of: date, municipalities: int) -> None:
    """A snapshot with so many rows in fct_municipality_month, and nasty rows in all other marts."""
    folder = home.published / "bi"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / DATABASE).write_bytes(_snapshot(as_of, municipalities))


@cache
def _snapshot(as_of: date, municipalities: int) -> bytes:
    with TemporaryDirectory() as folder:
        home = Home(Path(folder))
        build_nasty_warehouse(home, as_of, municipalities)
        return publish_snapshot(home, as_of).database.read_bytes()


def build_nasty_warehouse(home: Home, as_of: date, municipalities: int) -> None:
    """The warehouse of such a snapshot."""
    rows: dict[str, list[dict[str, Any]]] = {
        name: _rows(contract["columns"])
        for name, contract in contracts().items()
        if name != "dim_snapshot"
    }
    rows["fct_municipality_month"] = [
        municipality_month(f"{number:04}") for number in range(municipalities)
    ]
    build_warehouse(home, as_of, rows)


def _rows(columns: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Three rows of edges, and one of nulls."""
    typed = {each["name"]: _edges(each["data_type"]) for each in columns}
    edges = [{name: values[place] for name, values in typed.items()} for place in range(3)]
    return [*edges, dict.fromkeys(typed)]


def _edges(kind: str) -> tuple[Any, ...]:
    if not kind.startswith("DECIMAL"):
        return _PLAIN[kind]
    precision, scale = (int(each) for each in kind[8:-1].split(","))
    largest = Decimal(10**precision - 1).scaleb(-scale)
    return Decimal("0.10"), largest, -largest
