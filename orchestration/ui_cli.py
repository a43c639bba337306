"""Dagster's UI on this machine."""

import os
import signal
import socket
import sys
from pathlib import Path

import click

from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.core.location import Landing, resolved
from orchestration.options import HOME, LandingType


@click.command("ui")
@HOME
@click.option(
    "--landing",
    type=LandingType(),
    envvar="LUS_LANDING",
    help="Landing area.  [default: <home>/landing]",
)
@click.option("--port", default=3000, show_default=True, help="Port on this machine.")
@click.option("--read-only", is_flag=True, help="Only to look at: nothing can be started.")
def ui_command(home: Path, landing: Landing | None, port: int, read_only: bool) -> None:
    """Dagster's UI, on this machine only, with the home's schedules and sensors. It needs
    LUS_PSEUDONYM_KEY in the environment.

    For others, put it behind a proxy that asks who they are; viewers get one of their own,
    --read-only, which has no schedules and sensors running beside it.

    \b
    Examples:
      lus ui --home data --landing landing
      lus ui --home data --read-only --port 3001
    """
    from lus_assets.core.lock import hold_daemon_lock
    from lus_assets.privacy.keys import Pseudonymizer
    from lus_assets.warehouse.project import ROOT
    from orchestration.runner import dagster_home

    Pseudonymizer.from_environment()
    _refuse_taken(port)
    place = Home(home.resolve()).prepare()
    dagster_home(place)
    os.environ["LUS_HOME"] = str(place.root)
    os.environ["LUS_LANDING"] = str(resolved(landing or place.root / "landing"))
    if not read_only:
        hold_daemon_lock(place)
    program, *first = ["dagster-webserver", "--read-only"] if read_only else ["dagster", "dev"]
    dagster = Path(sys.executable).with_name(program)
    arguments = ["-w", str(ROOT / "workspace.yaml"), "-h", "127.0.0.1", "-p", str(port)]
    os.chdir(place.root)
    for number in (signal.SIGINT, signal.SIGTERM):  # a script's background job ignores them
        signal.signal(number, signal.SIG_DFL)
    os.execv(dagster, [str(dagster), *first, *arguments])  # noqa: S606 - our own program, no shell


def _refuse_taken(port: int) -> None:
    """Dagster would go on without its page, and run schedules and sensors beside another's."""
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind(("127.0.0.1", port))
        except OSError as error:
            raise LusError(
                f"the port cannot be used ({error.strerror})",
                where=f"127.0.0.1:{port}",
                todo="end what serves there, which may be another `lus ui`, or name another --port",
            ) from None


COMMANDS = (ui_command,)
