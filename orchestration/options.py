"""What several commands ask for: the home, the landing area, days and months."""

from datetime import date, datetime
from pathlib import Path

import click

from lus_assets.core.errors import LusError
from lus_assets.core.location import Landing, parse_landing

HOME = click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("data"),
    show_default=True,
    envvar="LUS_HOME",
    help="Folder that holds all state.",
)


class LandingType(click.ParamType[Landing]):
    """A folder or an address."""

    name = "folder or address"

    def convert(
        self, value: str | Path, param: click.Parameter | None, ctx: click.Context | None
    ) -> Landing:
        """The landing area; usage error when its address holds a secret."""
        if isinstance(value, Path):
            return value
        try:
            return parse_landing(value)
        except LusError as error:
            self.fail(f"{error.what}: {error.todo}", param, ctx)


LANDING = click.option(
    "--landing",
    type=LandingType(),
    required=True,
    envvar="LUS_LANDING",
    help="Where deliveries come to: a folder <feed>/<YYYY-MM-DD>/<files>, or s3://, sftp://, "
    "postgresql://.",
)


class Day(click.ParamType[date]):
    """A date, YYYY-MM-DD."""

    name = "YYYY-MM-DD"

    def convert(
        self, value: str | date, param: click.Parameter | None, ctx: click.Context | None
    ) -> date:
        """The date; usage error when it is none."""
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail("is not a date: write it as 2024-01-31", param, ctx)


class Month(click.ParamType[date]):
    """A month, YYYY-MM; its first day."""

    name = "YYYY-MM"

    def convert(
        self, value: str | date, param: click.Parameter | None, ctx: click.Context | None
    ) -> date:
        """The month's first day; usage error when it is none."""
        if isinstance(value, date):
            return value
        try:
            return datetime.strptime(value, "%Y-%m").date()  # noqa: DTZ007 - a month has no zone
        except ValueError:
            self.fail("is not a month: write it as 2024-01", param, ctx)
