"""Commands that need no deliveries of one's own: the demo and the county generator."""

from datetime import date
from pathlib import Path
from typing import Literal

import click

from orchestration.options import Day


@click.command("demo")
@click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("data/demo"),
    show_default=True,
    help="Folder for the demo; an earlier demo there is replaced.",
)
@click.option("--population", default=240_000, show_default=True, help="Inhabitants to simulate.")
def demo_command(home: Path, population: int) -> None:
    """Three simulated months of a county through everything, then where to look.

    Example: lus demo
    """
    from orchestration.demo import demo

    demo(home, population, click.echo)


@click.command("simulate")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder to make.")
@click.option("--from", "first", type=Day(), required=True, help="First delivery day.")
@click.option("--to", "last", type=Day(), required=True, help="Last delivery day.")
@click.option("--population", default=2_400_000, show_default=True, help="Inhabitants.")
@click.option("--seed", default=1, show_default=True, help="Same seed, same bytes.")
@click.option(
    "--format",
    "fmt",
    type=click.Choice(["csv", "parquet"]),
    default="csv",
    show_default=True,
    help="Of the delivered files.",
)
def simulate_command(
    out: Path, first: date, last: date, population: int, seed: int, fmt: Literal["csv", "parquet"]
) -> None:
    """Write a simulated county's landing area, and the truth about it beside (_truth).

    \b
    Examples:
      lus simulate --out landing --from 2024-01-01 --to 2024-03-31 --format parquet
      lus simulate --out small --from 2024-01-01 --to 2024-01-31 --population 60000 --seed 7
    """
    from lus_assets.simulation import simulate

    report = simulate(
        out, first, last, population=population, seed=seed, fmt=fmt, progress=click.echo
    )
    rows = ", ".join(f"{count} {feed}" for feed, count in report.rows.items())
    click.echo(f"{report.out}: {report.days} days, {rows}")


COMMANDS = (demo_command, simulate_command)
