"""The tests' PostgreSQL as an administrator sets it up for BI: publisher, readers, databases."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from tests.postgres import PASSWORD, SUPERUSER, Cluster, running_cluster


@dataclass(frozen=True)
class Server:
    """A cluster that runs; every role has the same password."""

    cluster: Cluster

    def dsn(self, role: str = SUPERUSER, database: str = "postgres") -> str:
        """Connection string of a role."""
        return make_conninfo(self.cluster.url(database, role), password=PASSWORD)

    def run(self, *statements: str, database: str = "postgres") -> None:
        """Run statements as administrator."""
        with psycopg.connect(self.dsn(database=database), autocommit=True) as connection:
            for each in statements:
                connection.execute(each.encode())

    def new_role(self, name: str, *, reads: bool = False) -> None:
        """A role that may log in, with the reading role or without; a former one is replaced."""
        self.run(f"drop role if exists {name}", f"create role {name} login password '{PASSWORD}'")
        if reads:
            self.run(f"grant lus_reader to {name}")

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
    """A server with a role `publisher`, which may make nothing but what it is granted."""
    with running_cluster() as cluster:
        server = Server(cluster)
        server.new_role("publisher")
        server.run("create role lus_reader nologin")
        yield server
