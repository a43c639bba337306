"""Commands that show the way back, and what changed since: `lus explain`, `lus restatement`."""

from contextlib import nullcontext
from datetime import date
from pathlib import Path

import click

from lus_assets.core.home import Home
from orchestration.options import HOME, Day, Month

AS_OF = click.option(
    "--as-of", type=Day(), help="Snapshot as known on this day.  [default: the newest]"
)


@click.command("explain")
@click.argument("record_id", metavar="ID")
@HOME
@AS_OF
def explain_command(record_id: str, home: Path, as_of: date | None) -> None:
    """The whole chain behind an id, with rule and paragraph at each step.

    ID is an invoice line's, an episode's (that of its first stay), or that of a stay, message,
    placement or dispute. It reads the BI snapshot, which every run leaves behind, and the ledger,
    and prints no person id.

    \b
    Examples:
      lus explain 4711 --home data
      lus explain 4711 --home data --as-of 2024-04-26
    """
    from lus_assets.explain.find import explain
    from lus_assets.ledger.ledger import Ledger
    from lus_assets.publishing.snapshot import open_snapshot

    place = Home(home)
    issued = Ledger.opened(place) if place.ledger.exists() else nullcontext()
    with open_snapshot(place, as_of) as connection, issued as ledger:
        click.echo("\n".join(explain(connection, ledger, record_id)))


@click.command("restatement")
@click.option("--month", type=Month(), required=True, help="Discharge month.")
@HOME
@AS_OF
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="Also write the episodes as CSV."
)
def restatement_command(month: date, home: Path, as_of: date | None, out: Path | None) -> None:
    """What became different in a month since its review base, and which delivery made it so.

    \b
    Examples:
      lus restatement --month 2024-03 --home data
      lus restatement --month 2024-03 --home data --out restated.csv
    """
    from lus_assets.explain.restatement import restatement_report, restatement_rows
    from lus_assets.publishing.formats import csv_bytes
    from lus_assets.publishing.snapshot import open_snapshot

    with open_snapshot(Home(home), as_of) as connection:
        click.echo("\n".join(restatement_report(connection, month)))
        if out:
            rows = restatement_rows(connection, month)
            out.touch(mode=0o600)
            out.write_bytes(csv_bytes(rows))
            click.echo(f"{out}: {rows.num_rows} rows")


COMMANDS = (explain_command, restatement_command)
"""What `lus` has of these."""
