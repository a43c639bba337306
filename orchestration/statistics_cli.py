"""Commands about published statistics: a month again with a reason, a year's follow-up."""

from datetime import date
from pathlib import Path

import click

from lus_assets.core.home import Home
from lus_assets.core.location import Landing
from orchestration.options import HOME, LANDING, Day, Month


@click.command("statistics-again")
@LANDING
@HOME
@click.option("--month", type=Month(), required=True, help="Discharge month.")
@click.option("--as-of", type=Day(), required=True, help="As known on this day.")
@click.option("--reason", required=True, help="Why there is a new version; everyone reads it.")
def statistics_again_command(
    landing: Landing, home: Path, month: date, as_of: date, reason: str
) -> None:
    """Publish a new version of a month's statistics, if its figures are others now.

    \b
    Example:
      lus statistics-again --landing landing --home data --month 2024-03
          --as-of 2024-05-20 --reason "one hospital delivered late"
    """
    from orchestration.commands import statistics_again

    statistics_again(Home(home), landing, month, as_of, reason, click.echo)


@click.command("follow-up")
@LANDING
@HOME
@click.option("--year", type=click.IntRange(2018, 2100), required=True, help="Year of discharge.")
@click.option("--as-of", type=Day(), help="As known on this day.  [default: the last delivery]")
def follow_up_command(landing: Landing, home: Path, year: int, as_of: date | None) -> None:
    """Publish the follow-up that region and municipalities owe each other once a year.

    Deliveries that are not read yet are not read by this: run a month first.

    Example: lus follow-up --landing landing --home data --year 2024 --as-of 2025-01-31
    """
    from orchestration.commands import follow_up

    follow_up(Home(home), landing, year, as_of, click.echo)


COMMANDS = (statistics_again_command, follow_up_command)
