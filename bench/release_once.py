"""Releases a month's statistics from marts that are there; `bench.release` measures it outside."""

import json
import time
from datetime import datetime
from pathlib import Path

import click

from lus_assets.core.home import Home
from lus_assets.core.lock import writer_lock
from lus_assets.publishing.marts import months_of, open_marts
from lus_assets.statistics.page_release import PAGE
from lus_assets.statistics.release import MAIN, publish_statistics

_DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.option("--home", "root", type=click.Path(path_type=Path), required=True)
@click.option("--month", type=_DAY, required=True, help="Any day of it.")
@click.option("--as-of", type=_DAY, required=True)
@click.option("--out", type=click.Path(path_type=Path), required=True)
def main(root: Path, month: datetime, as_of: datetime, out: Path) -> None:
    """Release, then write what there is and how long it took without imports."""
    home = Home(root)
    started = time.perf_counter()
    with writer_lock(home):
        release = publish_statistics(home, month.date(), as_of.date())
    seconds = time.perf_counter() - started
    with open_marts(home, as_of.date()) as marts:
        months = months_of(marts, f"rpt_{MAIN}", "month")
    paths = list(release.folder.iterdir())
    figures = {
        "seconds": seconds,
        "months": len([each for each in months if each <= month.date()]),
        "files": len(paths),
        "mib": sum(path.stat().st_size for path in paths) / 2**20,
        "rows": release.row_counts[f"{MAIN}.csv"],
        "page_kib": (release.folder / PAGE).stat().st_size / 2**10,
    }
    out.write_text(json.dumps(figures), encoding="utf-8")


if __name__ == "__main__":
    main()
