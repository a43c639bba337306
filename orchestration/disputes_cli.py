"""Commands around disputes: take in what came back, decide, and see where they stand."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.core.home_version import existing
from lus_assets.core.local_time import refuse_to_come, today
from lus_assets.core.lock import writer_lock
from orchestration.options import HOME, Day, Month
from orchestration.table import tell_table

if TYPE_CHECKING:
    from lus_assets.invoicing.disputes.decisions import Decision
    from lus_assets.invoicing.disputes.intake import FileOutcome

_FILE = click.Path(path_type=Path, dir_okay=False)
_MUNICIPALITY = click.option("--municipality", metavar="CODE", help="Four digits.")


@click.group("disputes")
def disputes_group() -> None:
    """What municipalities object to: take it in, decide, follow it."""


@disputes_group.command("import")
@HOME
@click.argument("files", type=_FILE, nargs=-1, required=True)
@click.option("--received", type=Day(), help="Day they came and count from.  [default: today]")
@_MUNICIPALITY
def import_command(
    home: Path, files: Sequence[Path], received: date | None, municipality: str | None
) -> None:
    """Take in returned review workbooks (.xlsx), and CSV FILES in the layout of feed disputes.

    Tells row by row what was taken, what was known, and what was not taken and why; exit status 1
    when a row was not. The next run ingests what was taken. The same file again changes nothing.
    With --municipality, files that speak for another one are refused.

    \b
    Example:
      lus disputes import granskningsunderlag.xlsx --home data --received 2024-04-17
          --municipality 0126
    """
    from lus_assets.invoicing.disputes.intake import import_disputes
    from lus_assets.privacy.keys import Pseudonymizer

    pseudonymizer = Pseudonymizer.from_environment()
    day = refuse_to_come(received or today(), "lus disputes")
    place = existing(Home(home)).prepare()
    with writer_lock(place):
        intake = import_disputes(place, files, day, pseudonymizer, municipality)
    for each in intake.files:
        _tell(each)
    if intake.path:
        _say_received(place, intake.path, day)
    else:
        click.echo("nothing new: nothing was written")
    if not intake.is_whole:
        refused = sum(each.refusal is not None for each in intake.files)
        raise LusError(
            f"{intake.count('not taken')} rows were not taken, {refused} files were refused",
            where=", ".join(each.name for each in intake.files if not each.is_whole),
            todo="ask the municipality about them, and import the mended file again: what was taken"
            " is not taken twice",
        )


@disputes_group.command("decide")
@HOME
@click.argument("dispute_ids", nargs=-1)
@click.option("--status", type=click.Choice(["upheld", "rejected"]), help="Of the disputes named.")
@click.option("--on", "on", type=Day(), help="The day of the decision.")
@click.option("--file", "file", type=_FILE, help="CSV with dispute_id, status, decided_on.")
@click.option("--received", type=Day(), help="Day from which they count.  [default: --on]")
def decide_command(
    home: Path,
    dispute_ids: Sequence[str],
    status: str | None,
    on: date | None,
    file: Path | None,
    received: date | None,
) -> None:
    """Record what was decided: DISPUTE_IDS with --status and --on, or a --file of decisions.

    An upheld dispute takes its episode out of the invoice base; after it, it becomes a correction.
    The next run ingests the decisions. A decision that stands already changes nothing.

    \b
    Examples:
      lus disputes decide inv-abcdefghijklmnop --status upheld --on 2024-04-22 --home data
      lus disputes decide --file decisions.csv --home data
    """
    from lus_assets.invoicing.disputes.decisions import decide_disputes
    from lus_assets.invoicing.disputes.objections import shown_id
    from lus_assets.privacy.keys import Pseudonymizer

    pseudonymizer = Pseudonymizer.from_environment()
    decisions = _decisions(dispute_ids, status, on, file)
    for day in (received, *(each.on for each in decisions)):
        refuse_to_come(day or date.min, "lus disputes")
    place = existing(Home(home)).prepare()
    with writer_lock(place):
        decided = decide_disputes(place, decisions, pseudonymizer, received)
    for decision, remark in zip(decisions, decided.remarks, strict=True):
        click.echo(f"{shown_id(decision.dispute_id)}: {remark.outcome}: {remark.why}")
    for path in decided.paths:
        _say_received(place, path, date.fromisoformat(path.parent.name))
    if not decided.is_whole:
        raise LusError(
            "some decisions were not taken",
            where="lus disputes decide",
            todo="see above; ids and days stand in `lus disputes list`",
        )


def _decisions(
    dispute_ids: Sequence[str], status: str | None, on: date | None, file: Path | None
) -> "Sequence[Decision]":
    from lus_assets.invoicing.disputes.decisions import Decision, read_decisions

    if file is not None and not (dispute_ids or status or on):
        return read_decisions(file)
    if file is None and dispute_ids and status and on:
        return [Decision(each, status, on) for each in dispute_ids]
    raise click.UsageError("give DISPUTE_IDS with --status and --on, or --file alone")


@disputes_group.command("list")
@HOME
@click.option("--month", type=Month(), help="Only of this discharge month.")
@_MUNICIPALITY
@click.option("--open", "only_open", is_flag=True, help="Only those that wait for a decision.")
def list_command(home: Path, month: date | None, municipality: str | None, only_open: bool) -> None:
    """Show the disputes, the open ones with the fewest days left first.

    As the last run's snapshot knows them. No persons and no grounds; those are in the vault.

    Example: lus disputes list --home data --month 2024-03 --municipality 0126 --open
    """
    from lus_assets.invoicing.disputes.listing import as_table, list_disputes, waiting_files
    from lus_assets.privacy.keys import Pseudonymizer

    pseudonymizer = Pseudonymizer.from_environment()
    place = Home(home)
    found = list_disputes(place, month, municipality, only_open=only_open)
    click.echo(f"as known at {found.as_of}: {len(found.disputes)} disputes")
    tell_table(as_table(found) if found.disputes else [])
    if waiting := waiting_files(place, pseudonymizer):
        click.echo(f"{waiting} received files wait for the next run")


def _tell(outcome: "FileOutcome") -> None:
    click.echo(f"{outcome.name}: {outcome.origin or 'not read'}")
    if outcome.refusal:
        click.echo(f"  refused: {outcome.refusal.what}")
        click.echo(f"  to do: {outcome.refusal.todo}")
        return
    for each in outcome.remarks:
        click.echo(f"  row {each.row}: {each.outcome}: {each.why}")
    counts = [f"{outcome.count(each)} {each}" for each in ("taken", "known", "not taken")]
    idle = f"; {outcome.idle_rows} rows with only a date or contact" if outcome.idle_rows else ""
    click.echo(f"  {', '.join(counts)}{idle}")


def _say_received(home: Home, path: Path, day: date) -> None:
    click.echo(f"received: {path.relative_to(home.root)}; counts from as_of {day} on, after a run")


COMMANDS = (disputes_group,)
