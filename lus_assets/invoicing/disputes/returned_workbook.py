"""Reads a review workbook that came back: a stranger's file, sized and checked, never trusted."""

import io
import zipfile
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from lus_assets.core.errors import LusError
from lus_assets.invoicing.disputes.objections import Objection, Remark, Returned, dispute_id
from lus_assets.invoicing.review_base.objection_sheet import (
    CONTACT,
    DATE,
    EPISODE,
    GROUND,
    GROUNDS,
    HIDDEN,
    LAYOUT,
    MARKS,
    OTHER,
    SHEET,
    WORDS,
    Ground,
)

_MAX_UNPACKED_BYTES = 200 * 1024 * 1024
_MAX_ROWS, _MAX_COLUMNS = 20_000, 50
_HEADING_WITHIN_ROWS = 20
_NEEDED = (EPISODE, GROUND, WORDS)


@dataclass(frozen=True)
class Origin:
    """Which review base a workbook is of, as it says itself. month: its first day."""

    municipality_code: str
    month: date
    version: int

    @property
    def words(self) -> str:
        """`review base 2024-03 0126 v1`."""
        return f"review base {self.month:%Y-%m} {self.municipality_code} v{self.version}"


@dataclass(frozen=True)
class ReturnedWorkbook:
    """A workbook's origin and the cells of its objection sheet: row number and cells by heading."""

    name: str
    origin: Origin
    rows: Sequence[tuple[int, dict[str, Any]]]


def open_workbook(content: bytes, name: str) -> ReturnedWorkbook:
    """Read a returned workbook. name: how errors call it.

    Raises:
        LusError: it is too large, damaged, or no review workbook of ours.
    """
    with _damage_told(name):
        is_safe = _is_safe(content)
    if not is_safe:
        raise LusError(
            "the file is too large for a review workbook, or is built to become so",
            where=name,
            todo="have the municipality send the workbook that it got, filled in",
        )
    import openpyxl

    with _damage_told(name):
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        origin = _origin(book)
        rows = list(_rows(book))
    return ReturnedWorkbook(name, origin, _below_headings(rows, name))


def read_objections(workbook: ReturnedWorkbook, issued_on: date, received: date) -> Returned:
    """The objections of a workbook, and what of it was not understood.

    issued_on: the day of its review base; received: the day that it came back.
    """
    objections: dict[int, Objection] = {}
    remarks: list[Remark] = []
    idle = 0
    for row, cells in workbook.rows:
        if not cells[GROUND] and not cells[WORDS]:
            idle += bool(cells[DATE] or cells[CONTACT])
            continue
        ground, day, why = _understood(cells, issued_on, received)
        if ground is None or day is None:
            remarks.append(Remark(row, "not taken", why))
        else:
            objections[row] = _objection(cells, workbook.origin, ground, day, received)
    origin = workbook.origin.words
    return Returned(workbook.name, origin, objections, remarks, False, idle)


def _understood(
    cells: dict[str, Any], issued_on: date, received: date
) -> tuple[Ground | None, date | None, str]:
    """The ground and the day; or why there is none of them."""
    chosen = _text(cells[GROUND]).casefold()
    ground = next((each for each in GROUNDS if each.text.casefold() == chosen), None)
    day = _day(cells[DATE]) if cells[DATE] else received
    why = ""
    if not _text(cells[EPISODE]):
        why, ground = "it names no episode (vårdtillfälle)", None
    elif not chosen:
        why = "it does not say what the objection is about"
    elif ground is None:
        why = "what the objection is about is none of the list's choices"
    elif ground is OTHER and not _text(cells[WORDS]):
        why, ground = "what the objection is about is to be described, and is not", None
    elif day is None:
        why = "its date cannot be read"
    elif not issued_on <= day <= received:
        why, day = f"its date is not between {issued_on} and {received}", None
    return ground, day, why


def _objection(
    cells: dict[str, Any], origin: Origin, ground: Ground, day: date, received: date
) -> Objection:
    episode_id = _text(cells[EPISODE])
    contact = _text(cells[CONTACT])
    parts = (ground.text, _text(cells[WORDS]), f"Kontakt: {contact}" if contact else "")
    return Objection(
        dispute_id=dispute_id(origin.municipality_code, origin.month, episode_id, ground),
        episode_id=episode_id,
        municipality_code=origin.municipality_code,
        billing_month=origin.month,
        ground=". ".join(part.rstrip(".") for part in parts if part),
        status="open",
        raised_at=datetime.combine(day, time()),
        updated_at=datetime.combine(received, time()),
    )


@contextmanager
def _damage_told(name: str) -> Generator[None]:
    try:
        yield
    except Exception:  # noqa: BLE001 - a damaged file can make its readers raise anything
        raise LusError(
            "this is no review workbook of this system, or it is damaged",
            where=name,
            todo="have the municipality send the workbook that it got (xlsx), filled in; objections"
            " in another form go in a CSV file with the columns of feed disputes",
        ) from None


def _is_safe(content: bytes) -> bool:
    """Is it small, unpacked too, and without what can blow a small file up to any size?"""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = archive.infolist()
        if sum(each.file_size for each in parts) > _MAX_UNPACKED_BYTES:
            return False
        return not any(_is_dangerous(archive.read(each)) for each in parts)


def _is_dangerous(part: bytes) -> bool:
    """Does a part bring document types, or an encoding in which they would not be seen?"""
    start = part[:4]
    is_wide = start[:2] in (b"\xff\xfe", b"\xfe\xff") or (b"\x00" in start and b"<" in start)
    return is_wide or b"<!DOCTYPE" in part


def _origin(book: Any) -> Origin:
    """What the hidden sheet says; KeyError or ValueError when it is none of ours."""
    sheet = book[HIDDEN]
    sheet.reset_dimensions()
    rows = sheet.iter_rows(max_row=len(MARKS), max_col=2, values_only=True)
    marks = {_text(row[0]): _text(row[1]) for row in rows}
    if marks["layout"] != LAYOUT:
        raise ValueError("another layout")
    month = date.fromisoformat(f"{marks['month']}-01")
    return Origin(marks["municipality_code"], month, int(marks["version"]))


def _rows(book: Any) -> Iterator[tuple[Any, ...]]:
    sheet = book[SHEET]
    sheet.reset_dimensions()
    yield from sheet.iter_rows(max_row=_MAX_ROWS, max_col=_MAX_COLUMNS, values_only=True)


def _below_headings(rows: Sequence[tuple[Any, ...]], name: str) -> list[tuple[int, dict[str, Any]]]:
    """The rows below the headings, wherever these now stand and in whichever order."""
    headings = _heading_row(rows, name)
    places = {_text(cell): place for place, cell in enumerate(rows[headings])}
    return [
        (
            number,
            {
                title: row[places[title]] if places.get(title, len(row)) < len(row) else None
                for title in (*_NEEDED, DATE, CONTACT)
            },
        )
        for number, row in enumerate(rows[headings + 1 :], start=headings + 2)
    ]


def _heading_row(rows: Sequence[tuple[Any, ...]], name: str) -> int:
    for number, row in enumerate(rows[:_HEADING_WITHIN_ROWS]):
        if {_text(cell) for cell in row} >= set(_NEEDED):
            return number
    raise LusError(
        f"sheet {SHEET} has lost its headings",
        where=name,
        todo="have the municipality fill in the sheet as it was sent",
    )


def _text(value: Any) -> str:
    """A cell as text; Excel may have made a number of an id."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip()


def _day(value: Any) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(_text(value))
    except ValueError:
        return None
