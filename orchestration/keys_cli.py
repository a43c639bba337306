"""Commands of whoever keeps it safe: `lus keys rotate`, `lus doctor`, `lus dispose`."""

import os
from functools import partial
from pathlib import Path

import click

from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.core.home_version import existing
from lus_assets.core.local_time import today
from lus_assets.core.lock import writer_lock
from orchestration.options import HOME

NEW_KEY_VARIABLE = "LUS_NEW_PSEUDONYM_KEY"


@click.group("keys")
def keys_group() -> None:
    """The pseudonym key."""


@keys_group.command("rotate")
@HOME
def rotate_command(home: Path) -> None:
    """Key the home anew: from LUS_PSEUDONYM_KEY to LUS_NEW_PSEUDONYM_KEY (both in the environment).

    Vault and lake are written anew and take the place of the old ones together; killed at any
    moment, the home is whole. What was issued stays as it is and can be verified. The BI snapshot
    comes back with the next run. Then set LUS_PSEUDONYM_KEY to the new key: the old one opens
    nothing here any more, only backups of before.

    Example: lus keys rotate --home data
    """
    from lus_assets.ingest.rekey import rekey
    from lus_assets.ledger.ledger import Ledger
    from lus_assets.ledger.tables import issued_people
    from lus_assets.privacy.keys import Pseudonymizer

    old = Pseudonymizer.from_environment()
    new_key = os.environ.get(NEW_KEY_VARIABLE, "")
    if not new_key or new_key == os.environ.get("LUS_PSEUDONYM_KEY"):
        raise LusError(
            "there is no new key",
            where=f"environment variable {NEW_KEY_VARIABLE}",
            todo="set it to the new key: any text of at least 32 characters, not the old one",
        )
    place = existing(Home(home)).prepare()
    with writer_lock(place):
        with Ledger.opened(place) as ledger:
            issued = issued_people(ledger)
        report = rekey(place, old, Pseudonymizer(new_key), issued)
    click.echo(
        f"{home}: {report.people} people and {report.lake_files} lake files are keyed anew;"
        f" {report.former_keys} pseudonyms of issued bases can still be told"
    )
    click.echo("now set LUS_PSEUDONYM_KEY to the new key, and run: lus run --through marts ...")


@click.command("doctor")
@HOME
def doctor_command(home: Path) -> None:
    """Say what is wrong with this installation and how to mend it. Exit status 1: something is.

    Looks at versions, time zone, manifest, rights, key, vault, lock, logs, ledger, settings, disk
    and telemetry, and changes nothing.

    Example: lus doctor --home data
    """
    from lus_assets.operations.doctor import examine

    found = examine(Home(home))
    for name, problems in found.items():
        click.echo(f"{name}: {'ok' if not problems else f'{len(problems)} problems'}")
        for each in problems:
            click.echo(f"  {each.what}\n    where: {each.where}\n    to do: {each.todo}")
    count = sum(map(len, found.values()))
    if count:
        raise LusError(f"{count} problems", where=str(home), todo="mend what is named above")


@click.command("dispose")
@HOME
@click.option(
    "--landing",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="LUS_LANDING",
    help="Landing area on this machine; without it nothing of it goes.",
)
@click.option("--dry-run", is_flag=True, help="Say what would go, and remove nothing.")
def dispose_command(home: Path, landing: Path | None, dry_run: bool) -> None:
    """Remove what is older than the settings' [retention] allows; what went is logged in counts.

    \b
    Examples:
      lus dispose --home data --landing landing --dry-run
      lus dispose --home data --landing landing
    """
    import dagster as dg

    from lus_assets.operations.dispose import dispose
    from orchestration.runner import dagster_home
    from orchestration.runs import old_runs

    place, day = existing(Home(home)).prepare(), today()
    dagster_home(place)
    with writer_lock(place), dg.DagsterInstance.get() as instance:
        done = dispose(place, landing, day, partial(old_runs, instance), is_dry_run=dry_run)
    verb = "would go" if dry_run else "went"
    for each in done:
        size = f"{each.size_bytes} bytes"
        click.echo(f"{each.data_class}: {each.count} from before {each.before} {verb}, {size}")
        if each.kept:
            click.echo(f"  {each.kept} as old stay: issued months rest on them")
    if not done:
        click.echo("no period is set: nothing is disposed of (settings.toml, [retention])")


COMMANDS = (keys_group, doctor_command, dispose_command)
"""What `lus` has of these."""
