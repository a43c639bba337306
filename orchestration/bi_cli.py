"""Commands around BI: the marts in PostgreSQL, and the documentation of the models."""

from contextlib import suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import click

from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.core.home_version import existing
from lus_assets.core.lock import writer_lock
from orchestration.options import HOME


@click.command("publish-postgres")
@HOME
def publish_postgres_command(home: Path) -> None:
    """Replace the marts in PostgreSQL by those of the newest BI snapshot.

    Every run does it too where LUS_POSTGRES_DSN names a server.

    Example: lus publish-postgres --home data
    """
    from lus_assets.core.settings import load_settings
    from lus_assets.publishing.postgres import DSN_VARIABLE, postgres_dsn, publish_postgres

    dsn = postgres_dsn()
    if dsn is None:
        raise LusError(
            "it is not known which server to publish to",
            where=DSN_VARIABLE,
            todo="set it to a connection string, as in docs/bi/postgresql.md",
        )
    place = existing(Home(home))
    with writer_lock(place):
        report = publish_postgres(place, dsn, load_settings(place))
    click.echo(
        f"PostgreSQL, schema {report.schema}: {len(report.row_counts)} tables,"
        f" {sum(report.row_counts.values())} rows, as known at {report.as_of}"
    )
    for name in report.still_held:
        click.echo(f"  replaced, but still held by a reader or a view: schema {name}")


@click.command("docs")
@HOME
@click.option("--port", type=int, help="Also show it on this port, on this machine only.")
def docs_command(home: Path, port: int | None) -> None:
    """Write the documentation of all models: what each table and column is, and what it comes from.

    \b
    Examples:
      lus docs --home data
      lus docs --home data --port 8080
    """
    from lus_assets.warehouse.dbt_runner import write_docs

    place = existing(Home(home.resolve()))
    with writer_lock(place):
        page = write_docs(place)
    click.echo(f"documentation, any browser opens it: {page}")
    if port is not None:
        show = partial(SimpleHTTPRequestHandler, directory=str(page.parent))
        with ThreadingHTTPServer(("127.0.0.1", port), show) as server, suppress(KeyboardInterrupt):
            click.echo(f"http://127.0.0.1:{server.server_port}, until Ctrl-C")
            server.serve_forever()


COMMANDS = (publish_postgres_command, docs_command)
