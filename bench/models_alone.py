"""The models' own SQL, one statement after another, by the engine alone.

`python -m bench.models_alone --home HOME --as-of DATE --out FILE` makes every table of the pipeline
from the same lake, without Dagster, dbt, tests, checks, contracts and snapshot.
What `lus run` costs beyond it is what these cost; what it costs beyond bare SQL is more tables too.
"""

from datetime import date
from pathlib import Path

from bench.script import options
from lus_assets.core.home import Home
from lus_assets.core.settings import load_settings
from lus_assets.ingest.catalog import Catalog
from lus_assets.warehouse.connection import connect, quoted
from lus_assets.warehouse.dbt_runner import load_manifest
from lus_assets.warehouse.models import add_functions, models_in_order
from lus_assets.warehouse.packed import packed_files
from lus_assets.warehouse.prepare import add_ages, checked_own_rows, lay_out
from lus_assets.warehouse.size import write_as_sized
from lus_assets.warehouse.touched import copy_seeds


def make_models(root: Path, as_of: date, out: Path) -> None:
    """Write every model into the DuckDB file `out`, which must not exist.

    The seeds are taken from the home's warehouse, which must have been built.
    """
    home = Home(root)
    settings = load_settings(home)
    models = models_in_order(load_manifest())
    with Catalog.opened(home) as catalog:
        hashes = catalog.lake_hashes()
    with connect(Path(":memory:"), settings.memory_limit) as connection:
        # the name that it has in the statements
        connection.execute(f"attach {quoted(out)} as warehouse")
        connection.execute("use warehouse")
        add_functions(connection)
        read = packed_files(connection, home, hashes)
        lay_out(connection, home, as_of, settings, checked_own_rows(home, settings), read)
        write_as_sized(connection, settings)
        add_ages(connection, home)
        connection.execute(f"attach {quoted(home.warehouse)} as built (read_only)")
        for schema in ("seeds", *sorted({model.schema for model in models})):
            connection.execute(f"create schema {schema}")
        copy_seeds(connection)
        connection.execute("detach built")
        for model in models:
            connection.execute(model.create)


if __name__ == "__main__":
    make_models(*options(__doc__))
