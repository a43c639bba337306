"""Apache Superset in an environment of its own: a server on this machine, and its API."""

import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PACKAGES = ("apache-superset==6.1.0", "duckdb-engine==0.17.0", "duckdb<2", "rich", "cachetools")
BEFORE = "2026-06-30"
"""Newer packages break Superset 6.1.0."""
PERSON, WORD = "admin", "admin"
_CONFIG = """
SECRET_KEY = "for a test on this machine: no one else reaches it"
SQLALCHEMY_DATABASE_URI = "sqlite:///{folder}/superset.db"
WTF_CSRF_ENABLED = False
TALISMAN_ENABLED = False
# files are databases that Superset takes for unsafe on a server that many may use
PREVENT_UNSAFE_DB_CONNECTIONS = False
"""
_ADMIN = ("fab", "create-admin", "--username", PERSON, "--password", WORD)
_NAMES = ("--firstname", "a", "--lastname", "b", "--email", "a@example.org")


@dataclass(frozen=True)
class Superset:
    """A running server; `token`: what its API wants to see."""

    url: str
    token: str = ""

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """Post to the API; what it answers."""
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"}
        request = urllib.request.Request(  # noqa: S310 - our own server
            f"{self.url}/api/v1/{path}", json.dumps(body).encode(), headers
        )
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{path}: {error.code} {error.read()[:2000]!r}") from None


@contextmanager
def running_superset(programs: Path, folder: Path) -> Iterator[Superset]:
    """Superset with an administrator and nothing else; programs: of its environment."""
    config = folder / "superset_config.py"
    config.write_text(_CONFIG.format(folder=folder), encoding="utf-8")
    surroundings = {
        **{name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        **{"SUPERSET_CONFIG_PATH": str(config), "SUPERSET_HOME": str(folder)},
        "FLASK_APP": "superset.app:create_app()",
    }
    command = programs / "superset"
    for step in (("db", "upgrade"), (*_ADMIN, *_NAMES), ("init",)):
        subprocess.run([command, *step], check=True, capture_output=True, env=surroundings)
    port = _free_port()
    server = subprocess.Popen(
        [command, "run", "-h", "127.0.0.1", "-p", str(port), "--with-threads"],
        env=surroundings,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        superset = Superset(f"http://127.0.0.1:{port}")
        _wait(superset, server)
        body = {"username": PERSON, "password": WORD, "provider": "db"}
        yield Superset(superset.url, superset.post("security/login", body)["access_token"])
    finally:
        # asked to end it may wait for its threads for ever, and nothing of it is kept
        server.kill()
        server.wait()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _wait(superset: Superset, server: subprocess.Popen[bytes]) -> None:
    for _ in range(240):
        assert server.poll() is None, "Superset ended"
        try:
            urllib.request.urlopen(f"{superset.url}/health", timeout=5)  # noqa: S310
            return
        except OSError:
            time.sleep(0.5)
    raise AssertionError("Superset did not answer")
