"""The ledger: append-only, each issue once, numbers without gaps."""

import errno
import itertools
import sqlite3
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.ledger.ledger import Ledger
from tests.unit.ledger.drafts import (
    AS_OF,
    CODES,
    MONTH,
    append,
    behind_its_back,
    broken,
    draft,
    entries,
    review,
)


def test_what_is_appended_is_read_back_in_order(home: Home) -> None:
    made = entries(home)
    assert [(each.sequence, each.municipality_code) for each in made] == list(enumerate(CODES, 1))
    first = made[0]
    assert (first.kind, first.month, first.as_of) == ("invoice", MONTH, AS_OF)
    assert first.facts == {"total_sek": "34800.00", "name": "Håbo å, ä och ö"}
    assert first.files == [{"name": "lines.csv", "bytes": 3, "sha256": "abc", "rows": 1}]
    assert first.name == "invoice base 2025-01 0110"
    with Ledger.opened(home) as ledger:
        assert ledger.part(first, "lines") == b"lines of 0110"
        assert ledger.part(first, "rulesets") == ledger.part(made[3], "rulesets")


def test_each_entry_carries_the_hash_of_the_one_before(home: Home) -> None:
    append(home, review("0110"))
    made = entries(home)
    assert made[0].previous_hash == "0" * 64
    for before, after in itertools.pairwise(made):
        assert after.previous_hash == before.entry_hash
    assert len({each.entry_hash for each in made}) == 5
    assert broken(home) == []


def test_the_same_issues_give_the_same_hashes_on_any_day(home: Home, tmp_path: Path) -> None:
    other = Home(tmp_path / "other")
    append(other, *(draft(code) for code in CODES))
    behind_its_back(other, ("update entry set recorded_at = '2031-01-01T00:00:00+00:00'", ()))
    assert [each.entry_hash for each in entries(other)] == [
        each.entry_hash for each in entries(home)
    ]
    assert broken(other) == []


@pytest.mark.parametrize(
    "statement",
    [
        "update entry set facts = '{}' where sequence = 2",
        "update entry set recorded_at = 'never'",
        "delete from entry where sequence = 4",
        "delete from entry",
        "update part set content = x'00'",
        "delete from part",
        "insert or replace into entry select * from entry where sequence = 1",
    ],
)
def test_nothing_in_it_can_be_changed_or_taken_away(home: Home, statement: str) -> None:
    before = entries(home)
    connection = sqlite3.connect(home.ledger)
    try:
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute(statement)
    finally:
        connection.close()
    assert entries(home) == before
    assert broken(home) == []


def test_a_part_that_is_there_is_not_replaced(home: Home) -> None:
    connection = sqlite3.connect(home.ledger)
    connection.execute("insert or replace into part select sha256, x'00' from part")
    connection.commit()
    connection.close()
    assert broken(home) == []


def test_only_the_owner_reads_it(tmp_path: Path) -> None:
    home = Home(tmp_path)
    append(home, draft())
    assert home.ledger.stat().st_mode & 0o777 == 0o600
    assert home.ledger.parent.stat().st_mode & 0o777 == 0o700


def test_a_copy_whose_rights_cannot_be_set_is_read(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a disk that is there to be read, where somebody verifies what was put away."""
    made = entries(home)

    def refuse(path: Path, mode: int) -> None:
        raise OSError(errno.EROFS, "Read-only file system", str(path))

    monkeypatch.setattr(Path, "chmod", refuse)
    with Ledger.opened(home) as ledger:
        assert ledger.entries() == made


@pytest.mark.parametrize("again", [draft("0114"), draft("0114", number="LUS-9", content_hash="x")])
def test_the_same_base_is_not_issued_twice_and_takes_the_others_of_its_call_with_it(
    home: Home, again: Any
) -> None:
    with pytest.raises(LusError, match="invoice base 2025-01 0114 is in the ledger already"):
        append(home, draft("0120"), again, draft("0123"))
    assert [each.municipality_code for each in entries(home)] == list(CODES)
    append(home, draft("0120"))
    assert broken(home) == []


def test_the_same_base_twice_in_one_call_is_not_issued_at_all(tmp_path: Path) -> None:
    with pytest.raises(LusError, match="already"):
        append(Home(tmp_path), draft("0110"), draft("0110", number="LUS-2"))
    assert entries(Home(tmp_path)) == []


def test_a_number_is_given_to_one_base_only(home: Home) -> None:
    with pytest.raises(LusError, match="or its number is"):
        append(home, draft("0120", number="LUS-0180"))
    assert len(entries(home)) == 4


def test_a_review_base_of_the_same_month_and_its_next_version_are_other_issues(home: Home) -> None:
    append(home, review("0110"), review("0110", version=2), review("0110", month=date(2025, 2, 1)))
    with Ledger.opened(home) as ledger:
        newest = ledger.newest("review", MONTH, "0110")
        assert newest is not None
        assert (newest.version, newest.name) == (2, "review base 2025-01 0110 v2")
        assert ledger.newest("review", MONTH, "0114") is None
        assert ledger.newest("invoice", date(2025, 2, 1), "0110") is None
        assert [each.kind for each in ledger.entries("review")] == ["review"] * 3


def test_numbers_count_invoice_bases_only_and_leave_no_gap_after_a_refusal(tmp_path: Path) -> None:
    home = Home(tmp_path)
    for codes in (["0110", "0114"], ["0110"], ["0180"]):
        with Ledger.opened(home) as ledger:
            numbers = ledger.numbers()
            drafts = [draft(code, number=next(numbers)) for code in codes]
        try:
            append(home, review(codes[0], version=len(entries(home)) + 1), *drafts)
        except LusError:
            assert codes == ["0110"], "only this one is there already"
    found = [each.number for each in entries(home) if each.number]
    assert found == ["LUS-000001", "LUS-000002", "LUS-000003"]


def test_entries_until_a_day_are_those_of_that_day_and_before(home: Home) -> None:
    append(home, draft("0110", month=date(2025, 2, 1), as_of=date(2025, 3, 26), number="LUS-5"))
    with Ledger.opened(home) as ledger:
        assert len(ledger.entries(until=date(2025, 2, 25))) == 0
        assert len(ledger.entries(until=AS_OF)) == 4
        assert len(ledger.entries(until=date(2025, 3, 25))) == 4
        assert len(ledger.entries("invoice", until=date(2025, 3, 26))) == 5


def test_two_at_once_both_follow_the_newest_entry(home: Home) -> None:
    with Ledger.opened(home) as one, Ledger.opened(home) as other:
        one.append([draft("0120")])
        other.append([draft("0123")])
        with pytest.raises(LusError, match="already"):
            one.append([draft("0123", number="LUS-other")])
    assert [each.sequence for each in entries(home)] == [1, 2, 3, 4, 5, 6]
    assert broken(home) == []


def test_a_part_that_is_not_what_was_issued_is_not_handed_out(home: Home) -> None:
    (first, *_) = entries(home)
    behind_its_back(
        home, ("update part set content = x'00' where sha256 = ?", [first.parts["lines"]])
    )
    with Ledger.opened(home) as ledger, pytest.raises(LusError, match="part lines of invoice base"):
        ledger.part(first, "lines")
