"""The command `lus`. Exit status 0: what was asked for is there; 1: it is not; 3: an invoice base
was refused; 2: the command line is wrong; 130: ended by Ctrl-C or SIGTERM."""

import logging
import resource
import signal
import sys
import traceback
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lus_assets.core.errors import LusError
from lus_assets.core.garbage import collect_seldom
from lus_assets.core.home import Home
from lus_assets.core.home_version import existing
from lus_assets.core.location import Landing
from lus_assets.privacy.redact import RedactingFilter, redact
from orchestration.bi_cli import COMMANDS as BI_COMMANDS
from orchestration.disputes_cli import COMMANDS as DISPUTE_COMMANDS
from orchestration.explain_cli import COMMANDS as EXPLAIN_COMMANDS
from orchestration.keys_cli import COMMANDS as KEY_COMMANDS
from orchestration.ledger_cli import COMMANDS as LEDGER_COMMANDS
from orchestration.operations_cli import COMMANDS as OPERATIONS_COMMANDS
from orchestration.options import HOME, LANDING, Day, Month
from orchestration.statistics_cli import COMMANDS as STATISTICS_COMMANDS
from orchestration.trial_cli import COMMANDS as TRIAL_COMMANDS
from orchestration.ui_cli import COMMANDS as UI_COMMANDS

if TYPE_CHECKING:
    from lus_assets.ingest.report import FileReport
    from lus_assets.ingest.source import Source
    from lus_assets.privacy.keys import Pseudonymizer

_ENDED_BY_SIGNAL = 130
_REASON = click.option("--reason", required=True, help="Why; it is recorded.")
_COUNTS_FROM = click.option(
    "--counts-from",
    type=Day(),
    required=True,
    help="First as_of that the new content counts for.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def lus() -> None:
    """From daily discharge-process messages to who waited, why, who pays and how much."""


@lus.command("run")
@LANDING
@HOME
@click.option("--month", type=Month(), required=True, help="Discharge month.")
@click.option("--as-of", type=Day(), help="As known on this day.  [default: the last delivery]")
@click.option(
    "--through",
    type=click.Choice(["marts", "statistics", "review", "invoice"]),
    default="statistics",
    show_default=True,
    help="How far to go; each includes those before it.",
)
def run_command(
    landing: Landing, home: Path, month: date, as_of: date | None, through: str
) -> None:
    """Ingest, compute a month as known at a day, and publish.

    \b
    Examples:
      lus run --landing landing --home data --month 2024-03 --through marts
      lus run --landing landing --home data --month 2024-03 --as-of 2024-04-26 --through invoice
    """
    from orchestration.commands import run

    run(Home(home), landing, month, as_of, through, click.echo)


@lus.command("prepare")
def prepare_command() -> None:
    """Make dbt's manifest; `make install` does it, and a change in dbt_project needs it again.

    Example: lus prepare
    """
    from lus_assets.warehouse.dbt_runner import prepare_manifest

    click.echo("manifest made" if prepare_manifest() else "manifest is up to date")


@lus.command("accept-correction")
@LANDING
@HOME
@click.argument("path")
@_REASON
@_COUNTS_FROM
def accept_command(landing: Landing, home: Path, path: str, reason: str, counts_from: date) -> None:
    """Accept a file that changed after it was read. PATH is relative to the landing area.

    \b
    Example:
      lus accept-correction stays/2024-03-02/a.csv --landing landing --home data
          --reason "sender mended the discharge" --counts-from 2024-03-05
    """
    from lus_assets.ingest.decisions import accept_correction

    _read_again(accept_correction, landing, home, path, reason, counts_from)


@lus.command("replay")
@LANDING
@HOME
@click.argument("path")
@_REASON
@_COUNTS_FROM
def replay_command(landing: Landing, home: Path, path: str, reason: str, counts_from: date) -> None:
    """Read a file again with today's code, after a fix. PATH is relative to the landing area.

    \b
    Example:
      lus replay stays/2024-03-02/a.csv --landing landing --home data
          --reason "reader mended" --counts-from 2024-03-05
    """
    from lus_assets.ingest.decisions import replay

    _read_again(replay, landing, home, path, reason, counts_from)


@lus.command("acknowledge-gap")
@HOME
@click.argument("feed")
@click.argument("day", type=Day())
@click.argument("last_day", type=Day(), required=False)
@_REASON
def acknowledge_command(
    home: Path, feed: str, day: date, last_day: date | None, reason: str
) -> None:
    """Record that a feed has no file for a day, or for each day to LAST_DAY, and that this is fine.

    \b
    Examples:
      lus acknowledge-gap placements 2024-03-02 --home data --reason "sender confirmed none"
      lus acknowledge-gap disputes 2024-01-01 2024-03-31 --home data --reason "no feed yet"
    """
    from lus_assets.core.lock import writer_lock
    from lus_assets.ingest.decisions import acknowledge_gap

    days = ((last_day or day) - day).days + 1
    if days < 1:
        raise click.BadParameter(f"{last_day} is before {day}", param_hint="LAST_DAY")
    place = existing(Home(home)).prepare()
    with writer_lock(place):
        for number in range(days):
            acknowledge_gap(place, feed, day + timedelta(days=number), reason)
    until = f" to {last_day}" if last_day else ""
    click.echo(f"recorded: {feed} {day}{until} has no file, and that is accepted")


def _read_again(
    decide: Callable[[Home, "Source", str, str, date, "Pseudonymizer"], "FileReport"],
    landing: Landing,
    home: Path,
    path: str,
    reason: str,
    counts_from: date,
) -> None:
    from lus_assets.core.lock import writer_lock
    from lus_assets.ingest.received import delivery_source
    from lus_assets.privacy.keys import Pseudonymizer

    place = existing(Home(home)).prepare()
    with writer_lock(place):
        report = decide(
            place,
            delivery_source(place, landing),
            path,
            reason,
            counts_from,
            Pseudonymizer.from_environment(),
        )
    click.echo(
        f"{report.path}: {report.status}, {report.rows_delivered} rows,"
        f" {report.rows_quarantined} quarantined; counts from {counts_from}"
    )


_GROUPS = (
    BI_COMMANDS,
    DISPUTE_COMMANDS,
    EXPLAIN_COMMANDS,
    KEY_COMMANDS,
    LEDGER_COMMANDS,
    OPERATIONS_COMMANDS,
    STATISTICS_COMMANDS,
    TRIAL_COMMANDS,
    UI_COMMANDS,
)
for _command in (command for group in _GROUPS for command in group):
    lus.add_command(_command)


def _of_the_disk(error: Exception) -> LusError | None:
    """What the system says of a file or folder, or SQLite of its disk; None for all else."""
    code = getattr(getattr(error, "orig", error), "sqlite_errorname", "")
    if isinstance(error, OSError) and error.filename and error.strerror:
        what, where = error.strerror, redact(str(error.filename))
    elif code.startswith(("SQLITE_FULL", "SQLITE_READONLY", "SQLITE_IOERR", "SQLITE_CANTOPEN")):
        what, where = f"the disk refuses to write ({code})", "a database in the home folder"
    else:
        return None
    todo = "see rights and room there, then run again; nothing half-done counts, nothing is lost"
    return LusError(what, where=where, todo=todo)


class AsSaid(logging.Formatter):
    """What was said, without the job, run and step that Dagster writes before it (1.13)."""

    def format(self, record: logging.LogRecord) -> str:
        """As a line of the terminal."""
        told = getattr(record, "dagster_meta", None)
        return f"  {told['orig_message']}" if told else super().format(record)


def main() -> None:
    """Run a command; a failure is told in words, without a traceback and without any value."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core would hold persons and the key
    collect_seldom()
    handler = logging.StreamHandler()
    handler.addFilter(RedactingFilter())
    handler.setFormatter(AsSaid())
    logging.basicConfig(level=logging.ERROR, handlers=[handler])
    # as Ctrl-C: what is being written is taken back, and no lock outlives the process
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        status = lus.main(standalone_mode=False)
    except LusError as error:
        click.echo(f"lus: {error}", err=True)
        sys.exit(error.exit_status)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        click.echo("lus: ended before its time; nothing half-done counts, run it again", err=True)
        sys.exit(_ENDED_BY_SIGNAL)
    except Exception as error:  # noqa: BLE001 - its text may hold a value: type and place are told
        if told := _of_the_disk(error):
            click.echo(f"lus: {told}", err=True)
            sys.exit(told.exit_status)
        frames = traceback.extract_tb(error.__traceback__)
        places = " <- ".join(f"{each.filename}:{each.lineno}" for each in reversed(frames[-6:]))
        click.echo(f"lus: unexpected {type(error).__name__} at {places}", err=True)
        click.echo("  to do: run it again; if it stays so, report these places", err=True)
        sys.exit(1)
    sys.exit(status if isinstance(status, int) else 0)
