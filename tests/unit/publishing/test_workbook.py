"""Workbooks: the same rows are the same bytes, numbers are numbers, text stays text."""

import io
import time as clock
import zipfile
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lus_assets.publishing.workbook import About, Book, Column, Kind

ABOUT = About(
    title="Granskningsunderlag",
    subject="Utskrivningsklara",
    author="Regionen",
    as_of=date(2024, 4, 5),
    footer="Håbo & Co",
)
COLUMNS = (
    Column("Text", 20),
    Column("Datum", 12, Kind.DATE),
    Column("Tid", 16, Kind.MOMENT),
    Column("Antal", 8, Kind.COUNT),
    Column("Dagar", 8, Kind.DAYS),
    Column("Belopp", 14, Kind.MONEY),
)
ROW = (
    "vård",
    date(2024, 3, 1),
    datetime(2024, 3, 1, 12, 30),  # noqa: DTZ001 - business time is local
    7,
    Decimal("13.9800"),
    Decimal("-146790.05"),
)


def written(*rows: tuple[Any, ...]) -> bytes:
    book = Book(ABOUT)
    sheet = book.sheet("Blad")
    sheet.table(COLUMNS, rows, frozen_columns=1)
    sheet.print_setup()
    return book.content()


def opened(content: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(content))


def test_the_same_rows_are_the_same_bytes_later_and_in_another_time_zone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = written(ROW)
    clock.sleep(2.1)  # a zip's clock ticks every two seconds
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    clock.tzset()
    try:
        assert written(ROW) == first
    finally:
        monkeypatch.undo()
        clock.tzset()
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert {each.date_time[0] for each in archive.infolist()} == {1980}


def test_dates_are_dates_and_amounts_are_exact_numbers_with_swedish_money() -> None:
    sheet = opened(written(ROW))["Blad"]
    cells = sheet[2]
    assert [cell.value for cell in cells[:4]] == [
        "vård",
        datetime(2024, 3, 1),  # noqa: DTZ001
        datetime(2024, 3, 1, 12, 30),  # noqa: DTZ001
        7,
    ]
    assert [cell.value for cell in cells[4:]] == [13.98, -146790.05]
    assert cells[1].number_format == "yyyy-mm-dd"
    assert cells[5].number_format == "#,##0.00\\ [$kr-41D]"


def test_a_table_keeps_its_headings_in_sight_and_in_print() -> None:
    sheet = opened(written(ROW, ROW))["Blad"]
    assert sheet.freeze_panes == "B2"
    assert sheet.auto_filter.ref == "A1:F3"
    assert sheet.print_title_rows == "$1:$1"
    assert sheet.page_setup.orientation == "landscape"
    assert sheet.page_setup.fitToHeight == 0
    assert "Sida &P av &N" in sheet.HeaderFooter.oddFooter.right.text
    assert "Håbo && Co" in sheet.HeaderFooter.oddFooter.left.text


def test_a_row_is_as_high_as_its_longest_text() -> None:
    book = Book(ABOUT)
    columns = (Column("Kort", 10), Column("Långt", 20, Kind.WRAPPED))
    rows = [("a" * 90, "kort"), ("a", "ord " * 15), ("a", "ett\ntvå")]
    book.sheet("Blad").table(columns, rows)
    heights = opened(book.content())["Blad"].row_dimensions
    assert heights[2].height is None
    assert heights[3].height == 3 * 15.75
    assert heights[4].height == 2 * 15.75


def test_the_document_says_what_it_is() -> None:
    book = opened(written())
    assert book.properties.title == "Granskningsunderlag"
    assert book.properties.creator == "Regionen"
    assert book.properties.created == datetime(2024, 4, 5)  # noqa: DTZ001


@given(
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=60),
    st.sampled_from(["", "=", "+", "-", "@", "{=", "http://", "_x0041_"]),
)
def test_text_stays_text_whatever_it_begins_with(text: str, start: str) -> None:
    content = written((start + text, *ROW[1:]))
    cell = opened(content)["Blad"]["A2"]
    assert cell.data_type == "s"
    # an escape sequence of the format, written out, is escaped once more; openpyxl leaves it so
    assert cell.value.replace("_x005F_x", "_x") == start + text
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")


@pytest.mark.parametrize("value", [1.5, Decimal("12345678901234.56"), object()])
def test_what_excel_would_round_or_guess_at_is_refused(value: Any) -> None:
    with pytest.raises(ValueError):
        written(("x", None, None, None, None, value))


def test_a_date_before_excel_s_first_is_text_and_nothing_is_empty() -> None:
    sheet = opened(written((None, date(1899, 1, 2), datetime(1811, 1, 2, 3, 4), *[None] * 3)))  # noqa: DTZ001
    cells = sheet["Blad"][2]
    assert [cell.value for cell in cells] == [
        None,
        "1899-01-02",
        "1811-01-02 03:04:00",
        *[None] * 3,
    ]


@given(st.decimals(min_value=-(10**12), max_value=10**12, places=2))
def test_no_ore_is_lost(amount: Decimal) -> None:
    sheet = opened(written((*ROW[:5], amount)))["Blad"]
    assert Decimal(str(sheet["F2"].value)).quantize(Decimal("0.01")) == amount
