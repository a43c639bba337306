"""A review base goes out, an objection comes back in its workbook, is upheld: the marts follow."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from lus_assets.core.home import Home
from lus_assets.invoicing.issuing.review_bases import issue_review_bases
from lus_assets.invoicing.review_base.objection_sheet import SHEET
from tests.conftest import KEY
from tests.golden.contract import Row, write_landing
from tests.pipeline.command import Said, lus_here
from tests.pipeline.marts import query, write_region
from tests.pipeline.quick_marts import know

FIRST, LAST = date(2024, 3, 1), date(2024, 4, 25)
RECEIVED, DECIDED = date(2024, 4, 15), date(2024, 4, 20)
WORDS = "Kommunen hade plats redan den femte"
STAY = {
    "stay_id": "S1",
    "person_id": "R-1",
    "hospital_unit": "Geriatriken",
    "care_type": "somatic",
    "admission_type": "unplanned",
    "admitted_at": "2024-03-01T08:00:00",
    "discharged_at": "2024-03-08T14:00:00",
    "discharge_type": "home",
    "updated_at": "2024-03-08T14:00:00",
}
PERSON = {"person_id": "R-1", "municipality_code": "0126", "valid_from": "2020-01-01"}
SENT = {"stay_id": "S1", "sender_unit": "Geriatriken", "sender_role": "inpatient"}
MESSAGES = (
    {"message_id": "M1", "message_type": "admission_notice", "sent_at": "2024-03-01T09:00:00"},
    {"message_id": "M2", "message_type": "ready_notice", "sent_at": "2024-03-04T10:00:00"},
)


@dataclass(frozen=True)
class Seen:
    """What the marts say: disputes, whether the episode is billable, its findings, open gaps."""

    disputes: list[tuple[Any, ...]]
    is_billable: bool
    findings: set[str]
    gaps: list[date]


@dataclass(frozen=True)
class Told:
    """The month as reviewed, after the objection and after the decision; what commands said."""

    reviewed: Seen
    imported: Said
    objected: Seen
    decided: Said
    upheld: Seen
    logs: bytes


def see(home: Home, landing: Path, as_of: date) -> Seen:
    know(home, landing, as_of)
    with query(home) as ask:
        return Seen(
            ask("select episode_id, status, effect, days_left from marts.fct_dispute"),
            ask("select is_billable from marts.fct_discharge_episode") == [(True,)],
            {code for (code,) in ask("select finding_code from marts.fct_episode_finding")},
            [day for (day,) in ask("select delivery_date from intermediate.int_gap")],
        )


def objected_to(home: Home) -> bytes:
    """Huddinge's workbook with an objection to its only episode."""
    (path,) = home.published.glob("review/2024-03/v1/0126/*.xlsx")
    book = openpyxl.load_workbook(path)
    book[SHEET]["F5"], book[SHEET]["G5"] = "Datum eller antal dagar stämmer inte", WORDS
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    root = tmp_path_factory.mktemp("disputes")
    home, landing = Home(root / "home"), root / "landing"
    rows = [
        Row("stays", date(2024, 3, 8), "a.csv", STAY),
        Row("persons", FIRST, "a.csv", PERSON),
        *(
            Row("messages", date(2024, 3, 4), "a.csv", {**SENT, **each, "needs": "municipality"})
            for each in MESSAGES
        ),
    ]
    write_landing(landing, rows, FIRST, LAST)
    for file in (landing / "disputes" / RECEIVED.isoformat()).iterdir():
        file.unlink()
    write_region(home)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LUS_PSEUDONYM_KEY", KEY)
        reviewed = see(home, landing, date(2024, 4, 5))
        issue_review_bases(home, date(2024, 3, 1), date(2024, 4, 5))
        (root / "back.xlsx").write_bytes(objected_to(home))
        given = ("--home", home.root, "--received", RECEIVED)
        imported = lus_here("disputes", "import", root / "back.xlsx", *given)
        objected = see(home, landing, date(2024, 4, 16))
        dispute = imported.out.split("taken: as ")[1].split()[0]
        decision = ("--status", "upheld", "--on", DECIDED, "--home", home.root)
        decided = lus_here("disputes", "decide", dispute, *decision)
        upheld = see(home, landing, date(2024, 4, 21))
        logs = b"".join(each.read_bytes() for each in home.logs.rglob("*") if each.is_file())
        yield Told(reviewed, imported, objected, decided, upheld, logs)


def test_before_the_objection_the_episode_is_billable(told: Told) -> None:
    assert told.reviewed.is_billable
    assert told.reviewed.disputes == []


def test_an_objection_from_the_workbook_holds_the_line_and_has_its_days_left(told: Told) -> None:
    assert told.imported.status == 0
    assert told.objected.disputes == [("S1", "open", "holds_line", 10)]
    assert told.objected.is_billable


def test_upheld_it_takes_the_episode_out_and_says_why(told: Told) -> None:
    assert told.decided.status == 0
    assert [each[:3] for each in told.upheld.disputes] == [("S1", "upheld", "removes_episode")]
    assert not told.upheld.is_billable
    assert "DISPUTE_UPHELD" in told.upheld.findings - told.reviewed.findings


def test_a_day_with_only_received_files_is_still_a_gap_of_the_feed(told: Told) -> None:
    assert told.reviewed.gaps == []
    assert told.objected.gaps == [RECEIVED]
    assert told.upheld.gaps == [RECEIVED]


def test_the_ground_is_in_no_output_and_no_log(told: Told) -> None:
    for said in (told.imported, told.decided):
        assert WORDS not in said.out + said.err
    assert WORDS.encode() not in told.logs
