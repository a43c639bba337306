"""Ingests a range of days and says how long that took, start-up apart.

`python -m bench.ingest_once --landing DIR --home DIR --from DATE --to DATE --out FILE` writes JSON.
"""

import argparse
import json
import time
from datetime import date
from pathlib import Path

from lus_assets.core.home import Home
from lus_assets.ingest.ingest import ingest_days
from lus_assets.ingest.source import LocalFolder
from lus_assets.privacy.keys import Pseudonymizer


def main() -> None:
    """Read the options, ingest, write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("--landing", "--home", "--out"):
        parser.add_argument(name, type=Path, required=True)
    for name in ("--from", "--to"):
        parser.add_argument(name, type=date.fromisoformat, required=True, dest=f"{name[2:]}_day")
    given = parser.parse_args()
    home = Home(given.home).prepare()
    started = time.perf_counter()
    report = ingest_days(
        home,
        LocalFolder(given.landing),
        Pseudonymizer.from_environment(),
        first=given.from_day,
        last=given.to_day,
    )
    seconds = time.perf_counter() - started
    files = [file for day in report.days for file in day.files]
    figures = {
        "seconds": seconds,
        "files": len(files),
        "rows": sum(file.rows_delivered for file in files),
    }
    given.out.write_text(json.dumps(figures), encoding="utf-8")


if __name__ == "__main__":
    main()
