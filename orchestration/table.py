"""Rows of text as a table on the terminal."""

from collections.abc import Sequence

import click


def tell_table(rows: Sequence[Sequence[str]]) -> None:
    """Print rows, each column as wide as its longest text."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (text.ljust(width) for text, width in zip(row, widths, strict=True))
        click.echo("  ".join(cells).rstrip())
