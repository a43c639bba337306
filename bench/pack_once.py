"""Packs the lake's older months, which a home's first build does, and no later one again.

`python -m bench.pack_once --home DIR --memory LIMIT`; what was packed before goes first.
"""

import argparse
import shutil
from pathlib import Path

from lus_assets.core.home import Home
from lus_assets.ingest.catalog import Catalog
from lus_assets.warehouse.connection import connect
from lus_assets.warehouse.packed import packed_files


def main() -> None:
    """Read the options, pack."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--memory", required=True)
    given = parser.parse_args()
    home = Home(given.home)
    shutil.rmtree(home.packed, ignore_errors=True)
    with Catalog.opened(home) as catalog:
        hashes = catalog.lake_hashes()
    with connect(Path(":memory:"), given.memory) as connection:
        packed_files(connection, home, hashes)


if __name__ == "__main__":
    main()
