"""One build of the marts, as the setting says; `bench.morning` calls it in a process of its own."""

import importlib
import json
import os
import sys
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import click

from bench.measure import kib_of
from bench.stages import cpu_seconds
from lus_assets.core.home import Home
from lus_assets.core.lock import writer_lock
from lus_assets.core.settings import load_settings
from lus_assets.warehouse.build import bring_up_to_date
from lus_assets.warehouse.connection import connect
from lus_assets.warehouse.proof import table_hashes

_KNOWN = """
    select (select count(*) from intermediate.int_delivered_row),
        (select count(distinct person_key) from staging.base_stay)
"""


@click.command()
@click.option("--home", "root", type=click.Path(path_type=Path), required=True)
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), required=True)
@click.option("--build", "how", type=click.Choice(["full", "incremental"]), required=True)
@click.option("--out", type=click.Path(path_type=Path), required=True)
def main(root: Path, as_of: datetime, how: str, out: Path) -> None:
    """Build, then write what it cost without imports, what there is, and a hash per table."""
    importlib.import_module("dbt.cli.main")  # before the clock starts, for both alike
    home = Home(root)
    settings = replace(load_settings(home), build=how)
    wall, cpu = time.perf_counter(), cpu_seconds()
    with writer_lock(home):
        built = bring_up_to_date(home, as_of.date(), settings)
    seconds, used = time.perf_counter() - wall, cpu_seconds() - cpu
    peak = kib_of(os.getpid(), "VmHWM") / 1024
    if broken := [f"{each.unique_id}: {each.message}" for each in built.results if not each.is_ok]:
        sys.exit("\n".join(broken))
    with connect(home.warehouse, settings.memory_limit, read_only=True) as connection:
        rows, people = connection.execute(_KNOWN).fetchone() or (0, 0)
    words = built.how.split()
    figures = {
        "how": built.how,
        "touched": int(words[1]) if words[0] == "incrementally," else 0,
        **{"seconds": seconds, "cpu": used, "peak_mib": peak, "rows": rows, "people": people},
        "hashes": {name: str(told) for name, told in table_hashes(home, "4GB").items()},
    }
    out.write_text(json.dumps(figures), encoding="utf-8")


if __name__ == "__main__":
    main()
