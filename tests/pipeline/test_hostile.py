"""Names that would be SQL, formulas, programs or paths go through everything and stay names."""

import csv
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from lus_assets.core.home import Home
from tests.conftest import KEY
from tests.golden.contract import Row, write_landing
from tests.pipeline.canary import ACTIVE
from tests.pipeline.command import Said, lus_here
from tests.pipeline.marts import query, write_region

pytestmark = pytest.mark.slow
FIRST, LAST = date(2024, 3, 1), date(2024, 4, 26)
HOSTILE = (
    "'; drop table lake.stays; --",
    "\"; attach '/tmp/x' as y; \"",
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(1;2)",
    "\tx",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "&lt;b&gt; & ]]>",
    "../../../../tmp/escaped",
    "/etc/passwd",
    "{{ 7*7 }}{% raw %}",
    "${jndi:ldap://x}",
    "%s%n%x",
    "a\u202eb",
    "x" * 5000,
)
RECIPIENT = (
    "municipality_code,valid_from,recipient_name,organisation_number,electronic_address,"
    "buyer_reference,street,postal_code,city\n"
    '0126,2024-01-01,"=HYPERLINK(""http://x"",""<b>&"")",9999990006,9999990006,'
    "@SUM(A1),../../x,141 61,'; drop table x\n"
)


@dataclass(frozen=True)
class Gone:
    """What came of hostile names."""

    home: Home
    said: Said
    before: set[Path]
    root: Path


@pytest.fixture(scope="module")
def gone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gone]:
    root = tmp_path_factory.mktemp("hostile")
    home, landing = Home(root / "home"), root / "landing"
    rows = [row for number, text in enumerate(HOSTILE) for row in _rows(number, text)]
    write_landing(landing, rows, FIRST, LAST)
    day = landing / "stays" / "2024-03-08"
    for text in HOSTILE[:-1]:
        name = text.replace("/", "\u2215")
        (day / f"{name}.csv").write_text((day / "delivery.csv").read_text())
        (day / f"{name}.exe").write_text("x")
    write_region(home, "01", ACTIVE | {"invoice_recipient.csv": RECIPIENT})
    before = set(root.rglob("*"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LUS_PSEUDONYM_KEY", KEY)
        said = lus_here(
            *("run", "--landing", landing, "--home", home.root, "--month", "2024-03"),
            *("--as-of", LAST, "--through", "invoice"),
        )
        yield Gone(home, said, before, root)


def _rows(number: int, text: str) -> list[Row]:
    key = f"{text}#{number}"
    person = f"R{number}"
    stay = {
        "stay_id": key,
        "person_id": f"{text[:20]}{person}",
        "hospital_unit": f"{text}{number}",
        "care_type": "somatic",
        "admission_type": "unplanned",
        "admitted_at": "2024-03-01T08:00:00",
        "discharged_at": "2024-03-08T14:00:00",
        "discharge_type": "home",
        "updated_at": "2024-03-08T14:00:00",
    }
    register = {
        "person_id": stay["person_id"],
        "municipality_code": "0126" if number % 3 else "0180",
        "district_code": text,
        "valid_from": "2020-01-01",
    }
    sent = {"stay_id": key, "sender_unit": text, "sender_role": "inpatient"}
    sent |= {"needs": "municipality"}
    return [
        Row("stays", date(2024, 3, 8), "delivery.csv", stay),
        Row("persons", FIRST, "delivery.csv", register),
        *(
            Row(
                *("messages", date(2024, 3, 4), "delivery.csv"),
                sent | {"message_id": f"{key}{kind}", "message_type": kind, "sent_at": at},
            )
            for kind, at in (
                ("admission_notice", "2024-03-01T09:00:00"),
                ("ready_notice", "2024-03-04T10:00:00"),
            )
        ),
    ]


PROMISE = pytest.mark.promise(
    "No text of a sender becomes a formula, a program or a path",
    area="Doors",
    how="SQL, formulas, HTML, templates, paths and control signs as unit, file, district and"
    " recipient names and as ids, through ingestion, marts, workbooks, CSV, page and e-invoice",
)


@PROMISE
def test_every_name_arrives_as_it_was_written(gone: Gone, figures: dict[str, Any]) -> None:
    assert gone.said.status == 0, gone.said.err
    with query(gone.home.published / "bi" / "lus.duckdb") as ask:
        units = {unit for (unit,) in ask("select hospital_unit from marts.dim_hospital_unit")}
        ids = {each for (each,) in ask("select episode_id from marts.fct_discharge_episode")}
    assert units == {f"{text}{number}" for number, text in enumerate(HOSTILE)}
    assert ids == {f"{text}#{number}" for number, text in enumerate(HOSTILE)}
    figures["names"] = len(HOSTILE)


@PROMISE
def test_nothing_is_written_outside_the_home(gone: Gone) -> None:
    new = set(gone.root.rglob("*")) - gone.before
    assert {path for path in new if gone.home.root not in path.parents} == set()
    assert not Path("/tmp/escaped").exists()  # noqa: S108 - the name that was tried


@PROMISE
def test_no_cell_is_a_formula_and_no_csv_text_begins_as_one(gone: Gone) -> None:
    books = list(gone.home.published.rglob("*.xlsx"))
    assert len(books) > 20
    seen: set[str] = set()
    for path in books:
        with zipfile.ZipFile(path) as packed:
            cells = b"".join(packed.read(n) for n in packed.namelist() if "worksheets/" in n)
        assert b"<f>cmd" not in cells
        book = openpyxl.load_workbook(io.BytesIO(path.read_bytes()))
        for sheet in book:
            for row in sheet.iter_rows():
                for cell in row:
                    if isinstance(cell.value, str) and cell.value.startswith(HOSTILE[:7]):
                        assert cell.data_type == "s", (path, cell.coordinate)
                        seen.add(cell.value)
    assert len(seen) >= 7, "hostile texts are in the workbooks"
    for path in (*gone.home.published.glob("review/**/*.csv"),):
        for line in csv.reader(path.open(encoding="utf-8", newline="")):
            assert not [each for each in line if each[:1] in ("=", "@", "\t")]


@PROMISE
def test_the_page_shows_names_and_runs_none(gone: Gone) -> None:
    (page,) = gone.home.published.glob("statistics/2024-03/v*/index.html")
    text = page.read_text(encoding="utf-8")
    for tag in ("<script>alert", "<img src=x", "{{ 7*7", ">49<"):
        assert tag not in text or tag.replace("<", "&lt;") in text
    assert "<script>alert(1)" not in text
    assert "onerror=alert(1)>" not in text
