"""Commands that show the way back: `lus explain`."""

from datetime import date
from pathlib import Path

import click

from lus_assets.core.home import Home
from orchestration.options import HOME, Day

AS_OF = click.option(
    "--as-of", type=Day(), help="Snapshot as known on this day.  [default: the newest]"
)


@click.command("explain")
@click.argument("record_id", metavar="ID")
@HOME
@AS_OF
def explain_command(record_id: str, home: Path, as_of: date | None) -> None:
    """The whole chain behind an id, with rule and paragraph at each step.

    ID is an episode's (that of its first stay), or that of a stay, message, placement or dispute.
    It reads the BI snapshot, which every run leaves behind, and prints no person id.

    \b
    Examples:
      lus explain 4711 --home data
      lus explain 4711 --home data --as-of 2024-04-26
    """
    from lus_assets.explain.find import explain
    from lus_assets.publishing.snapshot import open_snapshot

    with open_snapshot(Home(home), as_of) as connection:
        click.echo("\n".join(explain(connection, record_id)))


COMMANDS = (explain_command,)
"""What `lus` has of these."""
