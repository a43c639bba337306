"""What dbt reads of the ledger: nothing that was issued later than the day that is asked for."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa

from lus_assets.core.home import Home
from lus_assets.ledger.ledger import Ledger
from lus_assets.ledger.tables import (
    BILLED_SCHEMA,
    CHANGED_SCHEMA,
    CORRECTION_SCHEMA,
    LINE_SCHEMA,
    STAY_SCHEMA,
    issued_people,
    issued_tables,
)
from lus_assets.publishing.formats import parquet_bytes
from tests.unit.ledger.drafts import append, draft, review

JANUARY, FEBRUARY = date(2025, 1, 1), date(2025, 2, 1)
REVIEWED, INVOICED, LATER = date(2025, 2, 5), date(2025, 2, 26), date(2025, 3, 5)


def part(schema: pa.Schema, *rows: dict[str, Any]) -> bytes:
    return parquet_bytes(pa.Table.from_pylist(list(rows), schema=schema))


def reviewed(code: str, *episodes: str) -> dict[str, bytes]:
    return {
        "billed": part(
            BILLED_SCHEMA, *({"episode_id": each, "ready_days": 3} for each in episodes)
        ),
        "stays": part(STAY_SCHEMA, *({"episode_id": each, "stay_id": each} for each in episodes)),
        "corrections": part(CORRECTION_SCHEMA, {"line_number": 1, "municipality_code": code}),
        "episodes": b"not read",
    }


def lived(folder: Path) -> Home:
    """Reviewed on 5 February, invoiced on the 26th, the next month reviewed on 5 March."""
    home = Home(folder)
    append(home, review("0180", as_of=REVIEWED, parts=reviewed("0180", "E1", "E2")))
    line = {"invoice_line_id": "L1", "amount_sek": Decimal("34800.00"), "as_of": INVOICED}
    append(home, draft("0180", as_of=INVOICED, parts={"lines": part(LINE_SCHEMA, line)}))
    later = reviewed("0180", "E3")
    append(home, review("0180", month=FEBRUARY, as_of=LATER, parts=later))
    return home


def test_an_empty_ledger_gives_empty_tables_with_the_same_columns(tmp_path: Path) -> None:
    empty, full = (
        issued_tables(Home(tmp_path / "none"), LATER),
        issued_tables(lived(tmp_path / "some"), LATER),
    )
    assert {name: table.schema for name, table in empty.items()} == {
        name: table.schema for name, table in full.items()
    }
    assert {table.num_rows for table in empty.values()} == {0}


def test_every_row_names_its_place_in_the_ledger(tmp_path: Path) -> None:
    tables = issued_tables(lived(tmp_path), LATER)
    assert [row["sequence"] for row in tables["issue"].to_pylist()] == [1, 2, 3]
    assert [
        (row["sequence"], row["episode_id"]) for row in tables["reviewed_episode"].to_pylist()
    ] == [(1, "E1"), (1, "E2"), (3, "E3")]
    assert tables["issued_invoice_line"]["sequence"].to_pylist() == [2]
    assert tables["reviewed_correction"]["sequence"].to_pylist() == [1, 3]


def test_an_earlier_day_knows_nothing_of_what_was_issued_later(tmp_path: Path) -> None:
    home = lived(tmp_path)
    counts = {
        day: {name: table.num_rows for name, table in issued_tables(home, day).items()}
        for day in (date(2025, 2, 4), REVIEWED, date(2025, 2, 25), INVOICED, date(2025, 3, 4))
    }
    assert set(counts[date(2025, 2, 4)].values()) == {0}
    assert counts[REVIEWED] == counts[date(2025, 2, 25)]
    assert (counts[REVIEWED]["issue"], counts[REVIEWED]["issued_invoice_line"]) == (1, 0)
    assert (counts[INVOICED]["issue"], counts[INVOICED]["issued_invoice_line"]) == (2, 1)
    assert counts[INVOICED] == counts[date(2025, 3, 4)]


def test_a_day_is_told_the_same_before_and_after_what_came_later(tmp_path: Path) -> None:
    home = Home(tmp_path)
    append(home, review("0180", as_of=REVIEWED, parts=reviewed("0180", "E1")))
    before = issued_tables(home, REVIEWED)
    append(home, review("0180", month=FEBRUARY, as_of=LATER, parts=reviewed("0180", "E3")))
    after = issued_tables(home, REVIEWED)
    assert all(before[name].equals(after[name]) for name in before)


def test_the_issue_table_says_what_was_issued_when(tmp_path: Path) -> None:
    first, second, _ = issued_tables(lived(tmp_path), LATER)["issue"].to_pylist()
    assert first == {
        "sequence": 1,
        "kind": "review",
        "billing_month": JANUARY,
        "municipality_code": "0180",
        "version": 1,
        "as_of": REVIEWED,
        "invoice_number": None,
        "objections_until": date(2025, 2, 26),
    }
    assert (second["kind"], second["invoice_number"]) == ("invoice", "LUS-0180")


def test_the_people_of_a_review_base_are_those_of_its_month_and_behind_its_corrections(
    tmp_path: Path,
) -> None:
    home = Home(tmp_path)
    people = pa.schema([("person_key", pa.string())])
    behind = part(CHANGED_SCHEMA, {"person_key": "b"}, {"person_key": None})
    parts = {"episodes": part(people, {"person_key": "a"}), "changed": behind}
    append(home, review("0180", as_of=REVIEWED, parts=parts))
    # issued before the table of what changed was kept
    before = {"episodes": part(people, {"person_key": "c"})}
    append(home, review("0182", as_of=REVIEWED, parts=before))
    with Ledger.opened(home) as ledger:
        assert issued_people(ledger) == {"a", "b", "c"}
