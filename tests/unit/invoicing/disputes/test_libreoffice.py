"""The review workbook through a real spreadsheet program and back: LibreOffice, if it is there."""

import io
import shutil
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from lus_assets.core.home import Home
from lus_assets.invoicing.disputes.intake import import_disputes
from lus_assets.invoicing.review_base.objection_sheet import GROUNDS, SHEET
from lus_assets.privacy.keys import Pseudonymizer
from tests.needs import needs_program
from tests.unit.invoicing.disputes.returned_example import (
    DAYS,
    RECEIVED,
    REVIEW,
    SIP,
    WORKBOOK,
    filled,
    issue,
    put,
)

SOFFICE = shutil.which("soffice")
pytestmark = [
    pytest.mark.slow,
    needs_program("soffice"),
]
ROWS: dict[int, dict[str, Any]] = {
    10: {"ground": DAYS, "words": "=Inte klar + dålig", "day": date(2024, 4, 12), "contact": "Åsa"},
    12: {"episode": "S-0004", "ground": SIP},
}


def answered(workbook: bytes) -> bytes:
    """The workbook with ROWS filled in; the words begin with `=` and are typed as text."""
    book = openpyxl.load_workbook(io.BytesIO(filled(workbook, ROWS)))
    book[SHEET]["G10"].data_type = "s"
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def saved_by_libreoffice(content: bytes, folder: Path, *formats: str) -> bytes:
    """The workbook opened and saved again, in one format after the other."""
    path = put(folder, content, "bok.xlsx")
    for number, kind in enumerate(formats):
        out = folder / f"{number}"
        subprocess.run(
            [
                *(str(SOFFICE), f"-env:UserInstallation=file://{folder}/profile", "--headless"),
                *("--convert-to", kind, "--outdir", str(out), str(path)),
            ],
            check=True,
            capture_output=True,
            timeout=300,
        )
        path = out / f"bok.{kind}"
    return path.read_bytes()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "home").prepare()
    issue(made, REVIEW)
    return made


def check_taken(home: Home, path: Path) -> None:
    intake = import_disputes(home, [path], RECEIVED, Pseudonymizer.from_environment())
    (file,) = intake.files
    assert [(each.row, each.outcome) for each in file.remarks] == [(10, "taken"), (12, "taken")]
    assert intake.path is not None
    text = intake.path.read_text(encoding="utf-8")
    assert "Datum eller antal dagar stämmer inte. =Inte klar + dålig. Kontakt: Åsa" in text
    assert ",2024-04-12T00:00:00,2024-04-15T00:00:00" in text


@pytest.mark.parametrize("formats", [("xlsx",), ("ods", "xlsx")], ids=["saved", "by way of ods"])
def test_a_filled_in_workbook_saved_by_libreoffice_is_taken(
    formats: tuple[str, ...], home: Home, tmp_path: Path
) -> None:
    content = saved_by_libreoffice(answered(WORKBOOK), tmp_path, *formats)
    check_taken(home, put(tmp_path, content))


def test_what_libreoffice_saved_still_offers_its_choices_and_takes_the_answers(
    home: Home, tmp_path: Path
) -> None:
    content = saved_by_libreoffice(WORKBOOK, tmp_path, "xlsx")
    book = openpyxl.load_workbook(io.BytesIO(content))
    offered = {str(each.sqref): each for each in book[SHEET].data_validations.dataValidation}
    assert offered["F5:F31"].type == "list"
    assert offered["A12:A31"].type == "list"
    assert [book["lus"].cell(row, 5).value for row in range(1, 12)] == [
        each.text for each in GROUNDS
    ]
    check_taken(home, put(tmp_path, answered(content)))


def test_numbers_and_dates_are_such_in_libreoffice_too(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(io.BytesIO(saved_by_libreoffice(WORKBOOK, tmp_path, "xlsx")))
    months = {row[0]: row[1:4] for row in book["Sammanfattning"].values if row[0]}
    assert months["Vad månaden kostar"] == (46400, 34800, 81200)
    episodes = list(book["Vårdtillfällen"].values)
    assert [cell for cell in episodes[1] if hasattr(cell, "year")]
    assert not [
        cell
        for sheet in book
        for row in sheet.values
        for cell in row
        if isinstance(cell, str) and cell.startswith("#")
    ]
