"""Review bases that were issued, and workbooks that come back."""

import io
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa

from lus_assets.core.home import Home
from lus_assets.invoicing.review_base.files import ReviewDocument, review_workbook
from lus_assets.invoicing.review_base.objection_sheet import SHEET
from lus_assets.ledger.ledger import Draft, Ledger
from lus_assets.ledger.tables import STAY_SCHEMA
from lus_assets.publishing.formats import parquet_bytes
from tests.unit.invoicing.review_base.review_example import document, episode

RECEIVED = date(2024, 4, 15)
COLUMNS = {"episode": "A", "ground": "F", "words": "G", "day": "H", "contact": "I"}
DAYS = "Datum eller antal dagar stämmer inte"
SIP = "Kallelsen till SIP saknas eller kom för sent"

REVIEW = document()
WORKBOOK = review_workbook(REVIEW)
NEIGHBOUR = document(
    episodes=[episode(8, 3)],
    findings=(),
    municipality_code="0180",
    municipality_name="Stockholm",
)
NEIGHBOURS_WORKBOOK = review_workbook(NEIGHBOUR)


def issue(home: Home, document: ReviewDocument) -> None:
    """Put a review base into the ledger. Each episode has a second stay, `-a`."""
    ids = document.episodes["episode_id"].to_pylist()
    stays = [{"episode_id": each, "stay_id": stay} for each in ids for stay in (each, f"{each}-a")]
    parts = {
        "episodes": parquet_bytes(document.episodes),
        "changed": parquet_bytes(document.changed),
        "stays": parquet_bytes(pa.Table.from_pylist(stays, schema=STAY_SCHEMA)),
    }
    draft = Draft(
        kind="review",
        month=document.month,
        municipality_code=document.municipality_code,
        version=document.version,
        as_of=document.as_of,
        number=None,
        content_hash=f"{document.municipality_code} {document.version}",
        code_version="test",
        facts={},
        files=(),
        parts=parts,
    )
    with Ledger.opened(home) as ledger:
        ledger.append([draft])


def filled(workbook: bytes, rows: Mapping[int, Mapping[str, Any]]) -> bytes:
    """The workbook with cells of its objection sheet filled in, by row and COLUMNS."""
    book = openpyxl.load_workbook(io.BytesIO(workbook))
    for row, cells in rows.items():
        for name, value in cells.items():
            book[SHEET][f"{COLUMNS[name]}{row}"] = value
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def put(folder: Path, content: bytes, name: str = "tillbaka.xlsx") -> Path:
    """A file to import."""
    (folder / name).write_bytes(content)
    return folder / name
