"""The services of deploy/systemd as plain processes: the same commands, other places and ports."""

import configparser
import os
import shlex
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from lus_assets.warehouse.project import ROOT
from tests.conftest import KEY
from tests.postgres import Cluster, free_port

DEPLOY = ROOT / "deploy"
BIN = Path(sys.executable).parent
DATABASE_ROLE, DATABASE_PASSWORD = "lus_dagster", "owns its database only"
PATIENCE = 900
"""Seconds for anything to come about: two cores may be shared with much else."""


class Services:
    """An installation in a folder of its own, on a PostgreSQL cluster."""

    def __init__(self, root: Path, cluster: Cluster, database: str, landing: Path) -> None:
        """root: a short path, for the code server's socket; database: of Dagster, there."""
        self.root, self.home = root, root / "lib" / "home"
        self.web_port, self.viewer_port = free_port(), free_port()
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        (root / "run").mkdir(mode=0o700)
        self.home.mkdir(parents=True)
        password_file = root / "lib" / "pgpass"
        password_file.write_text(f"*:*:*:{DATABASE_ROLE}:{DATABASE_PASSWORD}\n")
        password_file.chmod(0o600)
        shutil.copytree(DEPLOY, root / "deploy")
        for file in (each for each in (root / "deploy").rglob("*") if each.is_file()):
            file.write_text(self._placed(file.read_text(encoding="utf-8")), encoding="utf-8")
        self.environment = {
            **{name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ},
            **self._environment_file(),
            "LUS_PSEUDONYM_KEY": KEY,
            "LUS_LANDING": str(landing),
            # SQLAlchemy is told the driver, as in deploy/lus.env.example
            "LUS_DAGSTER_DATABASE": cluster.url(database, DATABASE_ROLE).replace(
                "postgresql:", "postgresql+psycopg2:"
            ),
            "PYTHONPATH": str(ROOT),
        }

    def install(self) -> None:
        """Dagster's settings into the home, as the runbook says."""
        (self.home / "dagster").mkdir(mode=0o700, exist_ok=True)
        shutil.copy(DEPLOY / "dagster.yaml", self.home / "dagster" / "dagster.yaml")

    def start(self, name: str) -> None:
        """The unit's ExecStart, in its surroundings; no signal is ignored there, as with systemd.

        Dagster ends on SIGTERM as it would on SIGINT, which a shell's background process ignores.
        """
        log = (self.root / f"{name}.log").open("ab")
        self._running[name] = subprocess.Popen(
            ["env", "--default-signal", *shlex.split(self.command(name))],
            cwd=ROOT,
            env=self.environment,
            stdout=log,
            stderr=log,
        )
        log.close()

    def command(self, name: str) -> str:
        """The unit's ExecStart with this installation's places."""
        unit = configparser.ConfigParser(strict=False, interpolation=None)
        unit.read(self.root / "deploy" / "systemd" / f"{name}.service", encoding="utf-8")
        return unit["Service"]["ExecStart"]

    def run(self, *command: object) -> "subprocess.CompletedProcess[str]":
        """Another command in the same surroundings, to its end."""
        return subprocess.run(
            [*map(str, command)],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def stop(self) -> list[int]:
        """SIGTERM to all, the last started first; how each ended."""
        ended: list[int] = []
        for process in reversed(self._running.values()):
            process.terminate()
            ended.append(process.wait(PATIENCE))
        self._running.clear()
        return ended

    def wait_for(self, what: str, is_there: Callable[[], bool]) -> None:
        """Until it is there; fails with the services' last words."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            with suppress(OSError):
                if is_there():
                    return
            dead = [name for name, process in self._running.items() if process.poll() is not None]
            assert not dead, f"{dead} ended: {self.last_words()}"
            time.sleep(4)
        raise AssertionError(f"{what} did not come about: {self.last_words()}")

    def last_words(self) -> str:
        """The ends of the services' logs."""
        logs = sorted(self.root.glob("*.log"))
        return "\n".join(f"{log.name}: {log.read_text(errors='replace')[-1500:]}" for log in logs)

    def logs(self) -> str:
        """All that the services wrote."""
        return "\n".join(log.read_text(errors="replace") for log in self.root.glob("*.log"))

    def page_answers(self, port: int) -> bool:
        """Does a webserver answer its health check?"""
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/server_info", timeout=5) as answer:
            return answer.status == 200

    def _placed(self, text: str) -> str:
        for there, here in (
            ("/opt/lus/.venv/bin", BIN),
            ("/opt/lus/deploy", self.root / "deploy"),
            ("/opt/lus", ROOT),
            ("/run/lus", self.root / "run"),
            ("/var/lib/lus", self.root / "lib"),
            ("127.0.0.1 -p 3000", f"127.0.0.1 -p {self.web_port}"),
            ("127.0.0.1 -p 3001", f"127.0.0.1 -p {self.viewer_port}"),
        ):
            text = text.replace(there, str(here))
        return text

    def _environment_file(self) -> dict[str, str]:
        lines = (self.root / "deploy" / "lus.env.example").read_text(encoding="utf-8").splitlines()
        pairs = (line.split("=", 1) for line in lines if line and not line.startswith("#"))
        return {name: value for name, value in pairs if value}
