"""A PostgreSQL server of the tests' own: Debian's, on loopback, with a password and no fsync.

PostgreSQL refuses to run as root; as root it runs as Debian's user `postgres`.
"""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

SUPERUSER, PASSWORD = "postgres", "tests only, never anywhere else"
_PROGRAMS = sorted(
    Path("/usr/lib/postgresql").glob("*/bin"), key=lambda found: float(found.parent.name)
)
needs_postgres = pytest.mark.skipif(
    not _PROGRAMS, reason="not run: PostgreSQL's server is not here (make system-packages)"
)


class Cluster:
    """A cluster that can be stopped and started; roles log in by password (PGPASSWORD)."""

    def __init__(self, root: Path) -> None:
        """Makes the cluster; it does not run yet."""
        self.root, self.port = root, free_port()
        self._data = root / "data"
        if os.geteuid() == 0:
            shutil.chown(root, SUPERUSER)
        password = root / "password"
        password.write_text(PASSWORD)
        password.chmod(0o644)
        options = ("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")
        self._run("initdb", "-D", self._data, "-U", SUPERUSER, "--pwfile", password, *options)

    def start(self) -> None:
        """Start, and wait until it answers."""
        options = f"-p {self.port} -h 127.0.0.1 -k {self.root} -F"
        self._run("pg_ctl", "-D", self._data, "-l", self.root / "log", "-w", "-o", options, "start")

    def stop(self, mode: str = "fast") -> None:
        """Stop; mode `immediate` as a power cut would."""
        self._run("pg_ctl", "-D", self._data, "-w", "-m", mode, "stop")

    def url(self, database: str = "postgres", user: str = SUPERUSER) -> str:
        """The address of a database, without the password."""
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"

    def _run(self, name: str, *arguments: object) -> None:
        user = {"user": SUPERUSER} if os.geteuid() == 0 else {}
        # pg_ctl's server keeps what it inherits open
        subprocess.run(
            [str(_PROGRAMS[-1] / name), *map(str, arguments)],
            cwd=self.root, check=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **user,
        )  # fmt: skip


@contextmanager
def running_cluster() -> Generator[Cluster]:
    """A cluster that runs; it is stopped and removed at the end."""
    # a socket's path must be short, and another user must be able to enter
    with tempfile.TemporaryDirectory(prefix="lus-pg-", dir="/tmp") as root:
        cluster = Cluster(Path(root))
        cluster.start()
        try:
            yield cluster
        finally:
            cluster.stop("immediate")


def free_port() -> int:
    """A port of loopback that nobody listened on a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]
