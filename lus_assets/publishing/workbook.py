"""Workbooks that people work in: the same rows give the same bytes, on any day and any machine.

What belongs here: how cells, tables and printed pages look, for every workbook of the house. What
is in them does not. Numbers are never rounded on their way: an amount is a Decimal and is shown as
the reader's own Excel writes money. Text is always text, also when it begins with `=`.
"""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_range_abs

INK, HEADER_FILL, SOFT_FILL, FILL_IN, RULE = "#1F2A37", "#1F4E79", "#EEF3F8", "#FFF8DC", "#C9D3DE"

# Excel keeps fifteen digits of a number; an amount that needs more must not be written as one.
_DIGITS = 15
_FIRST_EXCEL_YEAR = 1900
_A4 = 9
_LINE_HEIGHT = 15.75  # points, 21 pixels
_LETTERS_PER_WIDTH = 1.1


class Kind(StrEnum):
    """How a value is shown. The reader's Excel puts its own thousands and decimal signs."""

    TEXT = "text"
    WRAPPED = "wrapped"
    DATE = "date"
    MOMENT = "moment"  # date and clock time, local
    COUNT = "count"  # whole number: episodes, ready days
    DAYS = "days"  # days and means that may have decimals: 13,98 or 2,003
    SHARE = "share"  # 0 to 1, shown as per cent
    MONEY = "money"  # SEK with öre


_NUMBER_FORMAT = {
    Kind.TEXT: "@",
    Kind.WRAPPED: "@",
    Kind.DATE: "yyyy-mm-dd",
    Kind.MOMENT: "yyyy-mm-dd hh:mm:ss",
    Kind.COUNT: "#,##0",
    Kind.DAYS: "#,##0.00##",
    Kind.SHARE: "0.0\\ %",
    Kind.MONEY: "#,##0.00\\ [$kr-41D]",
}
_NUMBERS = (Kind.COUNT, Kind.DAYS, Kind.SHARE, Kind.MONEY)


@dataclass(frozen=True)
class Column:
    """A column of a table: its Swedish heading, how wide in characters, how values are shown.

    width None: as the sheet has it already.
    """

    title: str
    width: float | None = None
    kind: Kind = Kind.TEXT


@dataclass(frozen=True)
class About:
    """What the file says of itself, in Swedish. `as_of` stands as its date of creation.

    footer: printed on every page, left of the page number.
    """

    title: str
    subject: str
    author: str
    as_of: date
    comments: str = ""
    footer: str = ""


class Book:
    """A workbook under way; `content` ends it. Everything stays in memory, never in a temp file."""

    def __init__(self, about: About) -> None:
        """about: title, subject, author and date; they go into the document's properties."""
        self._bytes = io.BytesIO()
        self.about = about
        self.raw: Any = xlsxwriter.Workbook(self._bytes, {"in_memory": True})
        self.raw.set_properties(
            {
                "title": about.title,
                "subject": about.subject,
                "author": about.author,
                "company": about.author,
                "comments": about.comments,
                # a fixed moment: otherwise it would be the clock's
                "created": datetime.combine(about.as_of, time()),
            }
        )
        self._formats: dict[tuple[tuple[str, Any], ...], Any] = {}

    def sheet(self, name: str, *, is_hidden: bool = False) -> "Sheet":
        """A new sheet, after those there are. Hidden ones are not offered to be shown again."""
        raw = self.raw.add_worksheet(name)
        if is_hidden:
            raw.very_hidden()
        return Sheet(self, raw, name)

    def style(self, kind: Kind = Kind.TEXT, **more: Any) -> Any:
        """The cell format of a kind, with further properties of XlsxWriter's `add_format`."""
        properties: dict[str, Any] = {
            "font_name": "Calibri",
            "font_size": 11,
            "font_color": INK,
            "valign": "top",
            "num_format": _NUMBER_FORMAT[kind],
            "align": "right" if kind in _NUMBERS else "left",
            "text_wrap": kind is Kind.WRAPPED,
            **more,
        }
        key = tuple(sorted(properties.items()))
        if key not in self._formats:
            self._formats[key] = self.raw.add_format(properties)
        return self._formats[key]

    def change(self, **properties: Any) -> Any:
        """What a conditional format changes: only these properties of `add_format`."""
        return self.raw.add_format(properties)

    def content(self) -> bytes:
        """The finished file's bytes. Nothing can be written after it."""
        self.raw.close()
        return self._bytes.getvalue()


class Sheet:
    """A sheet of a `Book`. `raw` is XlsxWriter's worksheet, for charts and drop-downs."""

    def __init__(self, book: Book, raw: Any, name: str) -> None:
        """Made by `Book.sheet`."""
        self._book = book
        self.raw = raw
        self.name = name

    def write(
        self, row: int, column: int, value: Any, kind: Kind = Kind.TEXT, **style: Any
    ) -> None:
        """Write a value into a cell (both numbers from 0).

        None leaves it empty, a truth value is `ja` or `nej`. A date that Excel has no number for
        (before 1900) is written as text.

        Raises:
            ValueError: a float, or more digits than Excel keeps: it would be rounded.
        """
        shape = self._book.style(kind, **style)
        match value:
            case None:
                self.raw.write_blank(row, column, None, shape)
            case bool():
                self.raw.write_string(row, column, "ja" if value else "nej", shape)
            case int() | Decimal():
                self.raw.write_number(row, column, _checked(value), shape)
            case datetime() | date() if value.year >= _FIRST_EXCEL_YEAR:
                self.raw.write_datetime(row, column, value, shape)
            case datetime():
                self.raw.write_string(row, column, value.isoformat(" ", "seconds"), shape)
            case date():
                self.raw.write_string(row, column, value.isoformat(), shape)
            case str():
                self.raw.write_string(row, column, value, shape)
            case _:
                raise ValueError(f"no cell holds a {type(value).__name__}")

    def table(
        self,
        columns: Sequence[Column],
        rows: Iterable[Sequence[Any]],
        *,
        top: int = 0,
        frozen_columns: int = 0,
        fill_in: frozenset[int] = frozenset(),
    ) -> int:
        """Write headings at row `top` and the rows below; returns the first row after them.

        Headings stay in sight and are repeated in print; columns get their widths and a filter.
        frozen_columns: how many from the left stay in sight too. fill_in: columns that the reader
        is to fill in, shown by their colour. Use it once a sheet.
        """
        self.headings(columns, top)
        row = top + 1
        for values in rows:
            self.row(columns, values, row, fill_in)
            row += 1
        self.raw.freeze_panes(top + 1, frozen_columns)
        self.raw.autofilter(top, 0, max(row - 1, top), len(columns) - 1)
        self.raw.repeat_rows(top)
        return row

    def headings(self, columns: Sequence[Column], top: int) -> None:
        """Only the headings of a table, with room for two lines, and its columns' widths."""
        self.raw.set_row(top, 2 * _LINE_HEIGHT)
        for number, each in enumerate(columns):
            if each.width is not None:
                self.raw.set_column(number, number, each.width)
            self.heading(top, number, each.title, is_number=each.kind in _NUMBERS)

    def heading(self, row: int, column: int, title: str, *, is_number: bool = False) -> None:
        """One cell as a table's heading."""
        shape = self._book.style(
            Kind.WRAPPED,
            bold=True,
            font_color="#FFFFFF",
            bg_color=HEADER_FILL,
            valign="vcenter",
            align="right" if is_number else "left",
            indent=0 if is_number else 1,
        )
        self.raw.write_string(row, column, title, shape)

    def row(
        self,
        columns: Sequence[Column],
        values: Sequence[Any],
        row: int,
        fill_in: frozenset[int] = frozenset(),
        **style: Any,
    ) -> None:
        """One row of a table, from the first column on, with room for its wrapped text."""
        lines = max(map(_lines, columns, values), default=1)
        if lines > 1:  # LibreOffice does not find the height by itself
            self.raw.set_row(row, lines * _LINE_HEIGHT)
        for number, (each, value) in enumerate(zip(columns, values, strict=True)):
            shade = {"bg_color": FILL_IN} if number in fill_in else {}
            apart = {} if each.kind in _NUMBERS else {"indent": 1}
            line = {"bottom": 1, "bottom_color": RULE, **apart, **shade, **style}
            self.write(row, number, value, each.kind, **line)

    def title(self, text: str, lead: str = "") -> int:
        """A large first line, and a lead below it; returns the next free row."""
        self.raw.set_row(0, 26)
        self.write(0, 0, text, bold=True, font_size=18, font_color=HEADER_FILL, valign="vcenter")
        if lead:
            self.write(1, 0, lead, font_size=11)
        return 3 if lead else 2

    def section(self, row: int, text: str) -> int:
        """A heading above what follows; returns the next row."""
        self.raw.set_row(row, 1.5 * _LINE_HEIGHT)
        self.write(row, 0, text, bold=True, font_size=14, font_color=HEADER_FILL, valign="vcenter")
        return row + 1

    def paragraph(self, row: int, text: str, *, columns: int, lines: int = 1, **style: Any) -> None:
        """Running text across the first `columns` columns, with room for so many lines."""
        shape = self._book.style(Kind.WRAPPED, **style)
        self.raw.merge_range(row, 0, row, columns - 1, "", shape)
        self.raw.write_string(row, 0, text, shape)
        self.raw.set_row(row, lines * _LINE_HEIGHT)

    def print_setup(self, *, is_landscape: bool = True, pages_wide: int = 1) -> None:
        """A4, so many pages wide, footer with the document's words and page numbers."""
        if is_landscape:
            self.raw.set_landscape()
        self.raw.set_paper(_A4)
        self.raw.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
        self.raw.fit_to_pages(pages_wide, 0)
        words = self._book.about.footer.replace("&", "&&")[:150]
        self.raw.set_footer(f"&L&8{words}&C&8&A&R&8Sida &P av &N")

    def reference(self, first_row: int, first_column: int, last_row: int, last_column: int) -> str:
        """A range as a formula names it: `='Blad'!$A$1:$B$2`. For drop-downs and charts."""
        cells = xl_range_abs(first_row, first_column, last_row, last_column)
        quoted = self.name.replace("'", "''")
        return f"='{quoted}'!{cells}"


def _lines(column: Column, value: Any) -> int:
    """How many lines a value takes in its column: a letter is a little narrower than a digit."""
    if column.kind is not Kind.WRAPPED or not isinstance(value, str) or column.width is None:
        return 1
    letters = int(column.width * _LETTERS_PER_WIDTH)
    return sum(max(1, -(-len(line) // letters)) for line in value.split("\n"))


def _checked(number: int | Decimal) -> int | Decimal:
    digits = len(Decimal(number).normalize().as_tuple().digits)
    if digits > _DIGITS:
        raise ValueError(f"a number of {digits} digits would be rounded in a workbook")
    return number
