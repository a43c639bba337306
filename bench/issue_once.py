"""Issues a month's bases from marts that are there; `bench.issue` measures it from outside."""

import json
import time
from datetime import datetime
from pathlib import Path

import click

from lus_assets.core.home import Home
from lus_assets.core.lock import writer_lock
from lus_assets.invoicing.issuing.invoice_bases import issue_invoice_bases
from lus_assets.invoicing.issuing.issue import folder_of
from lus_assets.invoicing.issuing.review_bases import issue_review_bases
from lus_assets.ledger.ledger import Ledger

_DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.option("--home", "root", type=click.Path(path_type=Path), required=True)
@click.option("--month", type=_DAY, required=True, help="Any day of it.")
@click.option("--as-of", type=_DAY, required=True)
@click.option("--kind", type=click.Choice(["review", "invoice"]), required=True)
@click.option("--out", type=click.Path(path_type=Path), required=True)
def main(root: Path, month: datetime, as_of: datetime, kind: str, out: Path) -> None:
    """Issue, then write what became of it and how long it took without imports."""
    home = Home(root)
    act = issue_review_bases if kind == "review" else issue_invoice_bases
    started = time.perf_counter()
    with writer_lock(home):
        report = act(home, month.date(), as_of.date())
    seconds = time.perf_counter() - started
    with Ledger.opened(home) as ledger:
        entries = [each for each in ledger.entries() if each.kind == kind]
        rows = sum(file.get("rows") or 0 for each in entries for file in each.files)
    paths = [path for each in entries for path in folder_of(home, each).iterdir()]
    figures = {
        "seconds": seconds,
        "issued": report.count("issued"),
        "refused": sorted({each.reason_code or "" for each in report.outcomes} - {""}),
        "files": len(paths),
        "mib": sum(path.stat().st_size for path in paths) / 2**20,
        "rows": rows,
        "ledger_mib": home.ledger.stat().st_size / 2**20,
    }
    out.write_text(json.dumps(figures), encoding="utf-8")


if __name__ == "__main__":
    main()
