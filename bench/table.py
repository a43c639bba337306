"""Figures as a table of the pages."""


def table(header: list[str], rows: list[list[str]]) -> str:
    """Markdown; all columns but the first are figures."""
    rule = ["---", *("---:" for _ in header[1:])]
    return "\n".join(f"| {' | '.join(row)} |" for row in (header, rule, *rows)) + "\n"
