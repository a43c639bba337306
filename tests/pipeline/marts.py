"""Marts of a landing area, through the same functions that the assets call."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from lus_assets.core.home import Home
from lus_assets.core.settings import load_settings
from lus_assets.ingest.ingest import ingest_days
from lus_assets.ingest.received import delivery_source
from lus_assets.privacy.keys import Pseudonymizer
from lus_assets.warehouse.connection import connect
from lus_assets.warehouse.dbt_runner import build, prepare_manifest
from lus_assets.warehouse.prepare import prepare
from lus_assets.warehouse.results import NodeResult

Query = Callable[[str], list[tuple[Any, ...]]]


def write_region(home: Home, region: str = "01", rows: dict[str, str] | None = None) -> None:
    """The region's own rows and settings."""
    home.prepare()
    (home.region / "settings.toml").write_text(f'region = "{region}"\n', encoding="utf-8")
    for name, text in (rows or {}).items():
        (home.region / name).write_text(text, encoding="utf-8")


def build_marts(home: Home, landing: Path, as_of: date) -> list[NodeResult]:
    """Ingest what is there and build the marts; every node's result."""
    prepare_manifest()
    home.prepare()
    ingest_days(home, delivery_source(home, landing), Pseudonymizer.from_environment())
    settings = load_settings(home)
    prepare(home, as_of, settings)
    return build(home, settings)


@contextmanager
def query(place: Home | Path) -> Iterator[Query]:
    """Ask a home's marts, or those in a DuckDB file, over one connection while the block lasts."""
    path = place.warehouse if isinstance(place, Home) else place
    with connect(path, read_only=True) as connection:
        yield lambda sql: connection.execute(sql).fetchall()


def broken(results: list[NodeResult]) -> list[str]:
    """Nodes that did not do what they should."""
    return [f"{each.unique_id}: {each.message}" for each in results if not each.is_ok]
