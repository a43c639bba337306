"""`python -m bench`: measures, compares, prints the page, and writes it part by part when asked."""

import shutil
import sys
import tempfile
from collections.abc import Callable, Generator
from datetime import date
from pathlib import Path

import click

from bench import parts, report
from bench.by_stage import stages
from bench.growth import growth
from bench.issue import issue
from bench.measure import CommandFailedError, lus, run
from bench.morning import morning
from bench.nation import LIMITS, nation, nation_days, nation_morning
from bench.release import release
from bench.ui import chromium, ui

PARTS = (
    *("ingestion", "side_by_side", "stages", "release", "issue"),
    *("morning", "growth", "cold_run", "ui"),
)
HOURS = ("nation", "nation_morning", "nation_days")
"""Parts that are measured only when they are asked for: they take hours, and 80 GB of disk."""


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--population", default=2_400_000, show_default=True, help="Inhabitants.")
@click.option("--from", "first", default="2024-01-01", show_default=True, help="First day.")
@click.option("--to", "last", default="2024-12-31", show_default=True, help="Last day, as_of too.")
@click.option("--runs", default=3, show_default=True, help="Runs of everything that is repeated.")
@click.option(
    "--only",
    multiple=True,
    type=click.Choice((*PARTS, *HOURS)),
    help="Measure only this; can be repeated.  [default: all but a nation's: three hours, most of"
    " them growth up to a county's ten years]",
)
@click.option(
    "--memory",
    multiple=True,
    type=click.Choice(tuple(LIMITS)),
    help="Of the nation: run with this memory_limit only; can be repeated.  [default: all]",
)
@click.option(
    "--work",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for deliveries (kept and used again) and homes.  [default: a temporary one]",
)
@click.option("--write", is_flag=True, help="Write each part into docs/bench.md as it is measured.")
def bench(  # noqa: PLR0913, PLR0917 - the command's options
    population: int,
    first: str,
    last: str,
    runs: int,
    only: tuple[str, ...],
    memory: tuple[str, ...],
    work: Path | None,
    write: bool,
) -> None:
    """Measure the pipeline beside scripts in bare SQL, pandas and polars.

    Nothing here fails for being slow; it fails when a script's tables are not the pipeline's marts.

    \b
    Examples:
      python -m bench --write
      python -m bench --population 120000 --to 2024-03-31 --runs 1
      python -m bench --only side_by_side --runs 5 --work /var/tmp/bench
    """
    asked = only or PARTS
    folder = work.resolve() if work else Path(tempfile.mkdtemp(prefix="lus-bench-"))
    folder.mkdir(parents=True, exist_ok=True)
    county = parts.County(folder, population, date.fromisoformat(first), date.fromisoformat(last))
    page = report.standing() if write else ""
    try:
        if "ui" in asked:
            chromium()
        for name, figures in measure(county, runs, asked, memory or tuple(LIMITS)):
            page = report.as_markdown(county, {name: figures}, page)
            if write:
                report.write(page)
                click.echo(f"written: {name}", err=True)
        click.echo(page)
    except (parts.NotEqualError, CommandFailedError) as error:
        click.echo(f"bench: {error}", err=True)
        sys.exit(1)
    finally:
        if work is None:
            shutil.rmtree(folder, ignore_errors=True)


def measure(
    county: parts.County, runs: int, only: tuple[str, ...], memory: tuple[str, ...]
) -> Generator[tuple[str, object]]:
    """The parts asked for, each with its figures, in an order that lets each use the one before.

    Raises:
        NotEqualError: a script's tables are not the pipeline's marts. CommandFailedError: a
            command failed.
    """

    def say(text: str) -> None:
        click.echo(text, err=True)

    run(lus("prepare"))
    if not set(only) <= {"ui", "growth", *HOURS}:  # which make their own
        county.simulate(say)
    for home in county.work.glob(f"{county.home.name}*"):
        shutil.rmtree(home)
    # the others make homes of their own
    if set(only) & {"ingestion", "side_by_side", "stages", "release", "issue"}:
        ingested = parts.ingestion(county, runs if "ingestion" in only else 1, say)
        if "ingestion" in only:
            yield "ingestion", ingested
    others: dict[str, Callable[[], object]] = {
        "side_by_side": lambda: parts.side_by_side(county, runs, say),
        "stages": lambda: stages(county, runs, say),
        "release": lambda: release(county, say),
        "issue": lambda: issue(county, say),
        "morning": lambda: morning(county, say),
        "growth": lambda: growth(county.work, runs, say),
        "nation": lambda: nation(county.work, memory, runs, say),
        "nation_morning": lambda: nation_morning(county.work, memory[0], say),
        "nation_days": lambda: nation_days(county.work, memory[0], say),
        "cold_run": lambda: parts.cold_run(county, say),
        "ui": lambda: ui(county.work, runs, say),
    }
    for name, part in others.items():
        if name in only:
            yield name, part()


if __name__ == "__main__":
    bench()
