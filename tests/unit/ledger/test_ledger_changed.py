"""What somebody changes behind the ledger's back is found and named."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.ledger.ledger import Ledger
from tests.unit.ledger.drafts import (
    CODES,
    COVERED,
    append,
    behind_its_back,
    broken,
    copied,
    draft,
    entries,
)

AGAIN = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def test_a_file_that_is_no_ledger_is_said_to_be_damaged(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.ledger.parent.mkdir()
    home.ledger.write_bytes(b"this is no database, whatever its name says" * 40)
    with pytest.raises(LusError, match="cannot be read or written"):
        entries(home)


@pytest.mark.parametrize("column", COVERED)
def test_a_change_in_any_column_is_found_and_named(home: Home, column: str) -> None:
    value = {"version": 7, "kind": "review", "month": "2025-02-01", "as_of": "2025-02-27"}
    change = f"update entry set {column} = ? where sequence = 2"
    behind_its_back(home, (change, [value.get(column, "changed")]))
    found = broken(home)
    assert found, column
    assert found[0].startswith("entry 2 (")


def test_a_missing_middle_entry_is_named(home: Home) -> None:
    behind_its_back(home, ("delete from entry where sequence = 2", ()))
    assert broken(home) == [
        "entry 3 (invoice 2025-01-01 0180): entry 2 is missing before it",
        "entry 3 (invoice 2025-01-01 0180): it does not follow the entry before it",
    ]


def test_a_missing_first_entry_is_named(home: Home) -> None:
    behind_its_back(home, ("delete from entry where sequence = 1", ()))
    assert broken(home)[0] == "entry 2 (invoice 2025-01-01 0114): entry 1 is missing before it"


def test_two_entries_that_changed_places_are_found(home: Home) -> None:
    behind_its_back(
        home,
        *(
            ("update entry set sequence = ? where sequence = ?", pair)
            for pair in ((9, 2), (2, 3), (3, 9))
        ),
    )
    assert {each.split(" (")[0] for each in broken(home)} >= {"entry 2", "entry 3"}


def test_a_change_with_its_hash_made_anew_breaks_the_entries_after_it(home: Home) -> None:
    """Who changes an entry and its hash must change all that follow, and every folder with them."""
    copies = Home(home.root / "copy")
    append(copies, *(draft(code, facts={"total_sek": "0.00"}) for code in CODES[:2]))
    forged = entries(copies)[1]
    behind_its_back(
        home,
        (
            "update entry set facts = ?, previous_hash = ?, entry_hash = ? where sequence = 2",
            ['{"total_sek":"0.00"}', forged.previous_hash, forged.entry_hash],
        ),
    )
    assert broken(home) == [
        "entry 2 (invoice 2025-01-01 0114): it does not follow the entry before it",
        "entry 3 (invoice 2025-01-01 0180): it does not follow the entry before it",
    ]


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("update part set content = x'00' where sha256 = ?", "part lines was changed"),
        ("delete from part where sha256 = ?", "part lines is missing"),
    ],
)
def test_a_changed_or_missing_part_is_named(home: Home, statement: str, what: str) -> None:
    third = entries(home)[2]
    behind_its_back(home, (statement, [third.parts["lines"]]))
    assert broken(home) == [f"entry 3 (invoice 2025-01-01 0180): {what}"]


def test_a_part_of_several_entries_is_named_for_each(home: Home) -> None:
    shared = entries(home)[0].parts["rulesets"]
    behind_its_back(home, ("update part set content = x'00' where sha256 = ?", [shared]))
    assert len(broken(home)) == 4


@AGAIN
@given(
    sequence=st.integers(1, 4),
    column=st.sampled_from(COVERED),
    at=st.integers(0, 5_000),
    character=st.characters(codec="utf-8", exclude_characters="\0"),
)
def test_any_character_changed_in_any_column_is_found(
    tmp_path_factory: pytest.TempPathFactory,
    written: Path,
    sequence: int,
    column: str,
    at: int,
    character: str,
) -> None:
    home = copied(tmp_path_factory.mktemp("ledger"), written)
    value = str(_column(home, sequence, column))
    place = at % len(value)
    changed: Any = value[:place] + character + value[place + 1 :]
    if column == "version":
        changed = ord(character) + 2
    elif changed == value:
        return
    if column == "kind":
        changed = "review"
    statement = f"update entry set {column} = ? where sequence = ?"
    behind_its_back(home, (statement, [changed, sequence]))
    assert any(each.startswith(f"entry {sequence} (") for each in broken(home))


def _column(home: Home, sequence: int, column: str) -> Any:
    connection = sqlite3.connect(home.ledger)
    try:
        row = connection.execute(
            f"select {column} from entry where sequence = ?", [sequence]
        ).fetchone()
    finally:
        connection.close()
    return row[0]


@AGAIN
@given(at=st.integers(0, 10**9), byte=st.integers(1, 255))
def test_a_byte_flipped_in_the_file_is_found_or_changes_nothing_that_was_issued(
    tmp_path_factory: pytest.TempPathFactory, written: Path, at: int, byte: int
) -> None:
    """Free space and the wall clock are no issues; all else is under the chain."""
    home = copied(tmp_path_factory.mktemp("ledger"), written)
    before = _issued(home)
    content = bytearray(written.read_bytes())
    content[at % len(content)] ^= byte
    home.ledger.write_bytes(bytes(content))
    try:
        found: Sequence[str] = broken(home)
    except LusError:
        return
    assert found or _issued(home) == before


def _issued(home: Home) -> list[Any]:
    with Ledger.opened(home) as ledger:
        return [
            (
                {**vars(each), "recorded_at": ""},
                {name: ledger.part(each, name) for name in each.parts},
            )
            for each in ledger.entries()
        ]
