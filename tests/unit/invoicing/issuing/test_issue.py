"""Issuing: the ledger's commit makes it so, folders follow; a kill at any point leaves no half."""

import os
import shutil
import signal
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.invoicing.issuing import documents
from lus_assets.invoicing.issuing.documents import tables_of
from lus_assets.invoicing.issuing.issue import complete, folder_of
from lus_assets.ledger.ledger import Ledger
from lus_assets.publishing.release import DataFile, verify_release
from tests.unit.invoicing.issuing.bases import build, contents, entries, issue, part_of
from tests.unit.publishing.tiny_marts import due_line, municipality_month

CODES = ("0110", "0114", "0180")
KILLED = """
import os, signal, sys
from datetime import date
from pathlib import Path
from lus_assets.core.home import Home
from lus_assets.invoicing.issuing.invoice_bases import issue_invoice_bases
from lus_assets.ledger.ledger import Ledger
def die(): os.kill(os.getpid(), signal.SIGKILL)
real = os.rename
def rename(source, target):
    if Path(target).name == "0114":
        die()
    real(source, target)
if sys.argv[2] == "folders":
    os.rename = rename
else:
    append = Ledger._append
    Ledger._append = lambda self, draft: die() if draft.municipality_code == "0114" else append(
        self, draft
    )
issue_invoice_bases(Home(Path(sys.argv[1])), date(2025, 1, 1), date(2025, 2, 26))
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Three municipalities of 34 800 SEK each, reviewed and not issued."""
    place = Home(tmp_path)
    months = [municipality_month(code) for code in CODES]
    build(place, months, [due_line(code, "3") for code in CODES])
    return place


def folders(home: Home) -> list[str]:
    return sorted(path.parent.name for path in home.published.glob("invoice/*/*/manifest.json"))


def kill(home: Home, where: str) -> None:
    ended = subprocess.run([sys.executable, "-c", KILLED, str(home.root), where], check=False)
    assert ended.returncode == -signal.SIGKILL


def test_all_bases_of_a_run_are_issued_together_and_follow_each_other(home: Home) -> None:
    issue(home)
    made = entries(home)
    assert [each.municipality_code for each in made] == list(CODES)
    assert [each.sequence for each in made] == [1, 2, 3]
    assert [each.previous_hash for each in made[1:]] == [each.entry_hash for each in made[:-1]]


def test_killed_between_two_folders_the_issue_stands_and_the_folders_are_made(home: Home) -> None:
    kill(home, "folders")
    assert [each.municipality_code for each in entries(home)] == list(CODES)
    assert folders(home) == ["0110"]
    before = contents(home.published / "invoice")
    made = complete(home)
    assert [each.municipality_code for each in made] == ["0114", "0180"]
    assert complete(home) == []
    report = issue(home)
    assert [each.status for each in report.outcomes] == ["unchanged"] * 3
    assert report.total_sek == Decimal("104400.00")
    assert folders(home) == list(CODES)
    after = contents(home.published / "invoice")
    assert all(after[name] == before[name] for name in before)
    ids = [row["invoice_line_id"] for code in CODES for row in part_of(home, code, "lines")]
    assert len(set(ids)) == len(ids) == 3


def test_killed_within_the_ledger_nothing_is_issued_and_the_next_run_gives_the_same_numbers(
    home: Home,
) -> None:
    kill(home, "ledger")
    assert entries(home) == []
    assert folders(home) == []
    assert [each.status for each in issue(home).outcomes] == ["issued"] * 3
    assert [each.number for each in entries(home)] == ["LUS-000001", "LUS-000002", "LUS-000003"]


def test_a_folder_that_was_lost_is_made_again_to_the_byte(home: Home) -> None:
    issue(home)
    before = contents(home.published / "invoice")
    shutil.rmtree(home.published / "invoice" / "2025-01" / "0114")
    complete(home)
    after = contents(home.published / "invoice")
    clocks = {name for name in before if name.endswith("recorded.json")}
    assert before.keys() == after.keys()
    assert all(after[name] == before[name] for name in before.keys() - clocks)


def test_complete_touches_nothing_that_is_there_and_no_home_without_ledger(
    home: Home, tmp_path: Path
) -> None:
    issue(home)
    (home.published / "invoice" / "2025-01" / "0110" / "manifest.json").write_text("{}")
    assert complete(home) == []
    assert complete(Home(tmp_path / "other")) == []
    assert not (tmp_path / "other").exists()


def test_files_that_would_be_others_today_are_not_put_in_the_place_of_the_issued(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    issue(home)
    shutil.rmtree(home.published / "invoice" / "2025-01" / "0114")
    monkeypatch.setattr(documents, "invoice_files", lambda _: [DataFile("lines.csv", b"other")])
    with pytest.raises(LusError, match="cannot be made again as they were issued") as refused:
        complete(home)
    assert entries(home)[1].code_version in refused.value.todo
    assert folders(home) == ["0110", "0180"]


def test_every_folder_carries_its_entry_s_place_and_hash(home: Home) -> None:
    issue(home)
    with Ledger.opened(home) as ledger:
        for entry in ledger.entries():
            folder = folder_of(home, entry)
            assert verify_release(folder).is_intact
            assert entry.entry_hash in (folder / "manifest.json").read_text()
            assert [each["name"] for each in entry.files] == sorted(
                path.name
                for path in folder.iterdir()
                if path.name not in ("manifest.json", "recorded.json")
            )
            assert set(tables_of(ledger, entry)) == {"lines", "held", "months", "rulesets"}


def test_cut_off_before_the_first_folder_the_next_run_makes_them_all(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(*_: Any) -> None:
        raise OSError(28, "disk full")

    with monkeypatch.context() as patch:
        patch.setattr(os, "rename", cut)
        with pytest.raises(OSError, match="disk full"):
            issue(home)
    assert folders(home) == []
    complete(home)
    assert folders(home) == list(CODES)
    assert len(entries(home)) == 3
