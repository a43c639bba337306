"""One build of the marts: everything anew, or what was touched since the last build.

Which one the settings choose (`build`); a build that cannot start from the last one says why, and
makes everything anew.
"""

import shutil
from dataclasses import dataclass
from datetime import date

import duckdb

from lus_assets.core.home import SCRATCH, Home
from lus_assets.core.settings import Settings
from lus_assets.warehouse.basis import remember, why_in_full
from lus_assets.warehouse.connection import connect
from lus_assets.warehouse.data_tests import run_data_tests
from lus_assets.warehouse.dbt_runner import build, load_manifest
from lus_assets.warehouse.increment import build_increment
from lus_assets.warehouse.prepare import checked_own_rows, prepare
from lus_assets.warehouse.results import NodeResult
from lus_assets.warehouse.spark import make_tables


@dataclass(frozen=True)
class Built:
    """What a build did, in words, and what became of every seed, model and data test."""

    how: str
    results: list[NodeResult]


def bring_up_to_date(home: Home, as_of: date, settings: Settings) -> Built:
    """Build the marts as known at `as_of`, and run every data test of them.

    Raises:
        LusError: own rows, settings or the lake are broken (the old warehouse is kept); there is no
            manifest; or Spark is the engine, and its environment, the cluster or a model failed.
    """
    why = "as the settings say"
    if settings.build == "incremental":
        _clear_scratch(home)
        own_tables = checked_own_rows(home, settings)
        why = why_in_full(home, as_of, settings, own_tables)
        if why is None:
            manifest = load_manifest()
            try:
                made = build_increment(home, as_of, settings, own_tables, manifest)
            except (duckdb.Error, OSError) as error:
                # its text may hold a row's value; a note is the model's name
                named = " at ".join([type(error).__name__, *getattr(error, "__notes__", [])])
                why = f"the incremental one failed ({named})"
            else:
                tested = run_data_tests(home, settings.memory_limit, manifest, made.results)
                how = f"incrementally, {made.people_touched} people touched"
                return Built(how, [*made.results, *tested])
    return Built(f"in full: {why}", build_in_full(home, as_of, settings))


def build_in_full(home: Home, as_of: date, settings: Settings) -> list[NodeResult]:
    """Lay out the warehouse anew and build everything.

    Raises:
        LusError: as `bring_up_to_date`.
    """
    _clear_scratch(home)
    own_tables = prepare(home, as_of, settings)
    results = build_marts(home, settings)
    if all(each.is_ok for each in results if not each.unique_id.startswith("test.")):
        with connect(home.warehouse, settings.memory_limit) as connection:
            remember(connection, home, settings, own_tables)
    return results


def _clear_scratch(home: Home) -> None:
    """Remove what a killed or failed build, or a killed proof, left."""
    for left in SCRATCH:
        shutil.rmtree(home.root / left, ignore_errors=True)


def build_marts(home: Home, settings: Settings) -> list[NodeResult]:
    """Build every model of a prepared warehouse, on the engine that the settings name.

    Raises:
        LusError: no manifest; or Spark is the engine, and its environment, the cluster or a model
            failed.
    """
    tables = make_tables(home, settings) if settings.engine == "spark" else None
    return build(home, settings, tables=tables)
