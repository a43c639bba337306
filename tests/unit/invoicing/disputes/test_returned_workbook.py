"""A workbook that came back: what is read of it, and what is refused."""

import io
import zipfile
from datetime import date, datetime
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lus_assets.core.errors import LusError
from lus_assets.invoicing.disputes.objections import Objection, Returned
from lus_assets.invoicing.disputes.returned_workbook import open_workbook, read_objections
from lus_assets.invoicing.review_base.files import review_workbook
from lus_assets.invoicing.review_base.objection_sheet import GROUNDS, HIDDEN, SHEET
from tests.unit.invoicing.disputes.returned_example import DAYS, RECEIVED, SIP, WORKBOOK, filled
from tests.unit.invoicing.review_base.review_example import document

ISSUED_ON = date(2024, 4, 5)
# rows of the sheet: 5 to 11 are S-0001, 6, 2, 5, 3, 4, 7; 12 to 31 are free


def read(content: bytes) -> Returned:
    return read_objections(open_workbook(content, "x.xlsx"), ISSUED_ON, RECEIVED)


def only(returned: Returned) -> Objection:
    assert returned.remarks == []
    (objection,) = returned.objections.values()
    return objection


def changed(content: bytes, sheet: str, cells: dict[str, Any]) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(content))
    for place, value in cells.items():
        book[sheet][place] = value
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def test_an_untouched_workbook_objects_to_nothing() -> None:
    returned = read(WORKBOOK)
    assert (returned.objections, returned.remarks, returned.idle_rows) == ({}, [], 0)
    assert returned.origin == "review base 2024-03 0126 v1"


def test_a_filled_in_row_is_an_open_dispute_of_that_episode() -> None:
    cells = {"ground": DAYS, "words": " Hon var inte klar. ", "day": date(2024, 4, 12)}
    objection = only(read(filled(WORKBOOK, {10: {**cells, "contact": "Anna Ek"}})))
    assert objection.episode_id == "S-0004"
    assert (objection.municipality_code, objection.billing_month) == ("0126", date(2024, 3, 1))
    assert objection.ground == f"{DAYS}. Hon var inte klar. Kontakt: Anna Ek"
    assert objection.status == "open"
    assert objection.raised_at == datetime(2024, 4, 12)  # noqa: DTZ001 - local
    assert objection.updated_at == datetime(2024, 4, 15)  # noqa: DTZ001 - local


def test_without_a_date_it_was_raised_when_it_was_received() -> None:
    objection = only(read(filled(WORKBOOK, {5: {"ground": DAYS}})))
    assert objection.raised_at.date() == RECEIVED
    assert objection.ground == DAYS


def test_a_free_row_takes_a_second_objection_to_an_episode() -> None:
    rows = {10: {"ground": DAYS}, 12: {"episode": "S-0004", "ground": SIP}}
    first, second = read(filled(WORKBOOK, rows)).objections.values()
    assert first.episode_id == second.episode_id == "S-0004"
    assert first.dispute_id != second.dispute_id


def test_the_id_follows_from_what_it_is_about_and_not_from_words_or_days() -> None:
    first = only(read(filled(WORKBOOK, {10: {"ground": DAYS}})))
    worded = {"ground": DAYS.upper(), "words": "annat", "day": date(2024, 4, 6)}
    assert only(read(filled(WORKBOOK, {10: worded}))).dispute_id == first.dispute_id
    second_version = review_workbook(document(version=2, reason="rättad"))
    again = only(read(filled(second_version, {10: {"ground": DAYS}})))
    assert again.dispute_id == first.dispute_id
    other = review_workbook(document(municipality_code="0180"))
    assert only(read(filled(other, {10: {"ground": DAYS}}))).dispute_id != first.dispute_id
    assert first.dispute_id.removeprefix("inv-").isalpha()


@pytest.mark.parametrize("ground", GROUNDS, ids=lambda each: each.code)
def test_every_choice_of_the_list_is_understood(ground: Any) -> None:
    cells = {"ground": ground.text, "words": "se journalen"}
    assert only(read(filled(WORKBOOK, {5: cells}))).ground.startswith(ground.text)


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ({"words": "fel"}, "does not say what the objection is about"),
        ({"ground": "Nytt påhitt"}, "none of the list's choices"),
        ({"ground": GROUNDS[-1].text}, "is to be described"),
        ({"ground": DAYS, "day": "i våras"}, "date cannot be read"),
        ({"ground": DAYS, "day": date(2024, 4, 4)}, "not between 2024-04-05 and 2024-04-15"),
        ({"ground": DAYS, "day": date(2024, 4, 16)}, "not between"),
        ({"ground": DAYS, "episode": None}, "names no episode"),
    ],
)
def test_a_row_that_is_not_understood_is_told_with_its_number_and_why(
    cells: dict[str, Any], why: str
) -> None:
    returned = read(filled(WORKBOOK, {7: cells, 8: {"ground": SIP}}))
    (remark,) = returned.remarks
    assert (remark.row, remark.outcome) == (7, "not taken")
    assert why in remark.why
    assert list(returned.objections) == [8]


def test_rows_with_only_a_contact_are_counted_and_no_objection() -> None:
    rows = {row: {"contact": "Anna Ek"} for row in range(5, 12)}
    returned = read(filled(WORKBOOK, rows))
    assert (returned.objections, returned.remarks, returned.idle_rows) == ({}, [], 7)


def test_sorted_rows_moved_columns_and_extra_lines_are_read_all_the_same() -> None:
    book = openpyxl.load_workbook(io.BytesIO(filled(WORKBOOK, {10: {"ground": DAYS}})))
    sheet = book[SHEET]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=4)]
    for merged in list(sheet.merged_cells.ranges):
        sheet.unmerge_cells(str(merged))
    sheet.delete_rows(1, sheet.max_row)
    sheet.append(["Hej! Här är våra invändningar."])
    for row in (rows[0], *reversed(rows[1:])):
        sheet.append([None, *reversed(row)])
    saved = io.BytesIO()
    book.save(saved)
    assert only(read(saved.getvalue())).episode_id == "S-0004"


def test_a_number_that_excel_made_of_an_id_is_read_as_the_id() -> None:
    cells = {"episode": 20240305, "ground": DAYS}
    assert only(read(filled(WORKBOOK, {12: cells}))).episode_id == "20240305"


def test_a_formula_is_read_as_its_value_and_never_run() -> None:
    returned = read(filled(WORKBOOK, {5: {"ground": '=HYPERLINK("http://x","y")'}}))
    assert returned.objections == {}  # it never had a value: nobody computed it


@pytest.mark.parametrize(
    "cells",
    [
        {"B1": "faktura 1"},
        {"B1": None},
        {"B2": None, "B3": "mars"},
        {"B3": "2024-13"},
        {"B4": "två"},
        {"B4": "1.5"},
    ],
)
def test_a_workbook_whose_marks_are_not_ours_is_refused(cells: dict[str, Any]) -> None:
    with pytest.raises(LusError, match="no review workbook of this system"):
        read(changed(WORKBOOK, HIDDEN, cells))


def test_a_sheet_without_its_headings_is_refused_by_name() -> None:
    with pytest.raises(LusError, match="Invändningar has lost its headings"):
        read(changed(WORKBOOK, SHEET, {"F4": "Annat"}))


def test_any_other_workbook_is_refused() -> None:
    book = openpyxl.Workbook()
    saved = io.BytesIO()
    book.save(saved)
    for content in (saved.getvalue(), b"", b"dispute_id,episode_id\n", b"PK\x03\x04"):
        with pytest.raises(LusError, match="no review workbook of this system"):
            read(content)


def rebuilt(name: str, content: bytes, *, add: bool = False) -> bytes:
    """The workbook with a part of its archive replaced or added."""
    saved = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(WORKBOOK)) as old,
        zipfile.ZipFile(saved, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for each in old.infolist():
            new.writestr(each.filename, content if each.filename == name else old.read(each))
        if add:
            new.writestr(name, content)
    return saved.getvalue()


@pytest.mark.promise(
    "A file that unpacks to any size is set aside, before it fills the memory",
    area="Doors",
    how="returned workbooks that unpack to too much, or define entities (XML)",
)
def test_what_is_built_to_blow_up_is_refused_before_it_does() -> None:
    bomb = rebuilt("xl/media/image1.bin", bytes(201 * 1024 * 1024), add=True)
    assert len(bomb) < 1024 * 1024
    with pytest.raises(LusError, match="too large"):
        read(bomb)
    entities = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>'
    for encoding in ("utf-8", "utf-16", "utf-16-le", "utf-16-be"):
        with pytest.raises(LusError, match="built to become so"):
            read(rebuilt("xl/workbook.xml", entities.decode().encode(encoding)))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_damaged_workbook_is_read_or_refused_and_nothing_else(data: st.DataObject) -> None:
    content = bytearray(WORKBOOK)
    if data.draw(st.booleans(), "cut off"):
        content = content[: data.draw(st.integers(0, len(content)))]
    for place in data.draw(st.lists(st.integers(0, max(0, len(content) - 1)), max_size=8)):
        if content:
            content[place] = data.draw(st.integers(0, 255))
    try:
        assert read(bytes(content)).objections == {}
    except LusError as error:
        assert error.where == "x.xlsx"


@settings(max_examples=10, deadline=None)
@given(st.text(max_size=200), st.binary(max_size=200))
def test_parts_of_any_content_are_read_or_refused(text: str, binary: bytes) -> None:
    for name in ("xl/workbook.xml", "xl/worksheets/sheet6.xml", "xl/sharedStrings.xml"):
        for content in (text.encode(), binary):
            with pytest.raises(LusError):
                read(rebuilt(name, content))
