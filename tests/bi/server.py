"""A PostgreSQL server of the tests' own: a new cluster on a Unix socket, gone at the end."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

_SETTINGS = ("listen_addresses=", "fsync=off", "max_connections=40")


@dataclass(frozen=True)
class Server:
    """Where it listens; its roles need no password there."""

    folder: Path

    def dsn(self, role: str = "postgres", database: str = "postgres") -> str:
        """Connection string of a role."""
        return f"host={self.folder} user={role} dbname={database}"

    def run(self, *statements: str, database: str = "postgres") -> None:
        """Run statements as administrator."""
        with psycopg.connect(self.dsn(database=database), autocommit=True) as connection:
            for each in statements:
                connection.execute(each.encode())

    def new_database(self, name: str) -> str:
        """A database that role `publisher` may make schemas in; DSN of the publisher."""
        place = sql.Identifier(name)
        with psycopg.connect(self.dsn(), autocommit=True) as connection:
            connection.execute(sql.SQL("create database {}").format(place))
            grant = sql.SQL("grant create on database {} to publisher")
            connection.execute(grant.format(place))
        return self.dsn("publisher", name)


@contextmanager
def running_server() -> Iterator[Server]:
    """A server with a role `publisher`, which may log in and make nothing but what it is granted.

    A server refuses to run as root: then it runs as the user that Debian's package makes.
    """
    programs = _programs()
    user = None if os.geteuid() else _user()
    # the path of a socket has to be short
    folder = Path(tempfile.mkdtemp(prefix="lus-pg-", dir="/tmp"))
    if user:
        shutil.chown(folder, user)
    data = folder / "data"
    initdb = (programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-N")
    control = (programs / "pg_ctl", "-D", data, "-w")

    def run(*command: str | Path) -> None:
        subprocess.run(command, check=True, capture_output=True, user=user, cwd=folder)

    options = " ".join(f"-c {each}" for each in (*_SETTINGS, f"unix_socket_directories={folder}"))
    try:
        run(*initdb, "-E", "UTF8", "--locale=C.UTF-8")
        run(*control, "-l", folder / "log", "-o", options, "start")
        try:
            server = Server(folder)
            server.run("create role publisher login", "create role lus_reader nologin")
            yield server
        finally:
            run(*control, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    """Where the server's programs are: Debian keeps them off the path."""
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not debian:
        pytest.skip("not run: no PostgreSQL server is here (make system-packages)")
    return debian[-1].parent


def _user() -> str:
    names = {each.pw_name for each in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"
