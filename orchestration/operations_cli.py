"""Commands of whoever keeps it running: metrics, missing deliveries, upgrades."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.core.home_version import existing
from orchestration.options import HOME

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry


@click.command("metrics")
@HOME
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to write, its name ending in .prom for node exporter.  [default: show them]",
)
@click.option("--port", type=int, help="Serve them on this port of loopback until stopped.")
def metrics_command(home: Path, out: Path | None, port: int | None) -> None:
    """Figures for Prometheus: deliveries, rows set aside, checks, runs, age of what is published.

    \b
    Examples:
      lus metrics --home data --out /var/lib/node_exporter/lus.prom
      lus metrics --home data --port 9464
    """
    from prometheus_client import generate_latest, write_to_textfile

    from lus_assets.operations.metrics_server import serve

    # a service starts before the first run
    place = (Home(home) if port is not None else existing(Home(home))).prepare()
    if port is not None:
        serve(lambda: _collect_now(place), port, click.echo)
    elif out is not None:
        write_to_textfile(str(out), _collect_now(place))  # whole: aside, then renamed
    else:
        click.echo(generate_latest(_collect_now(place)).decode(), nl=False)


def _collect_now(home: Home) -> "CollectorRegistry":
    import dagster as dg

    from lus_assets.operations.metrics import collect
    from orchestration.runner import dagster_home
    from orchestration.runs import last_runs

    dagster_home(home)
    with dg.DagsterInstance.get() as instance:
        return collect(home, last_runs(instance), datetime.now(UTC))


@click.command("missing")
@HOME
@click.option("--at", help="The moment to look at, ISO 8601 with offset.  [default: now]")
def missing_command(home: Path, at: str | None) -> None:
    """Are the deliveries of the day before there? Exit status 1 and an alert when they are late.

    They are due at 08:00 (setting alerts.delivery_due). Older alerts that could not be told are
    tried again.

    Example: lus missing --home data
    """
    from lus_assets.operations.notify import raise_missing

    day, feeds = raise_missing(existing(Home(home)).prepare(), _moment(at))
    if feeds:
        raise LusError(
            f"deliveries of {day} are missing: {', '.join(feeds)}",
            where="the landing area",
            todo="docs/runbooks/alerts.md, section delivery, says what to look at",
        )
    click.echo(f"nothing of {day} is late")


def _moment(text: str | None) -> datetime:
    if text is None:
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise click.BadParameter("write it as 2024-03-02T08:00:00+01:00", param_hint="--at")
    return moment


@click.command("upgrade")
@HOME
def upgrade_command(home: Path) -> None:
    """Take a home to this program's version. Make a backup first.

    Every command does the same before it writes; this one does only that, and says what was done.

    Example: lus upgrade --home data
    """
    from lus_assets.core.home_version import bring_up_to_date, current_version

    place = existing(Home(home))
    for step in bring_up_to_date(place):
        click.echo(f"done: {step.what}")
    click.echo(f"{home}: version {current_version()}")


COMMANDS = (metrics_command, missing_command, upgrade_command)
