"""lus disputes: what a case officer types, and what comes back."""

from datetime import date
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner, Result

from lus_assets.core.home import Home
from orchestration.cli import lus
from tests.unit.invoicing.disputes.returned_example import (
    DAYS,
    REVIEW,
    WORKBOOK,
    filled,
    issue,
    put,
)
from tests.unit.privacy.numbers import PERSONNUMMER


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "home").prepare()
    issue(made, REVIEW)
    return made


def run(*arguments: object) -> Result:
    return CliRunner().invoke(lus, ["disputes", *map(str, arguments)])


def error(result: Result) -> str:
    return str(result.exception)


def test_import_tells_rows_where_it_put_them_and_from_when_they_count(
    home: Home, tmp_path: Path
) -> None:
    back = put(tmp_path, filled(WORKBOOK, {10: {"ground": DAYS, "words": "nej"}}))
    given = ("import", back, "--home", home.root, "--received", "2024-04-15")
    first = run(*given)
    assert first.exit_code == 0
    assert "tillbaka.xlsx: review base 2024-03 0126 v1" in first.output
    assert "row 10: taken: as inv-" in first.output
    assert "1 taken, 0 known, 0 not taken" in first.output
    assert "received: received/disputes/2024-04-15/001-" in first.output
    assert "counts from as_of 2024-04-15 on" in first.output
    again = run(*given)
    assert again.exit_code == 0
    assert "nothing new: nothing was written" in again.output


def test_import_ends_with_an_error_when_a_row_was_not_taken(home: Home, tmp_path: Path) -> None:
    rows = {10: {"ground": DAYS}, 11: {"words": "bara ord"}, 5: {"contact": "Anna"}}
    back = put(tmp_path, filled(WORKBOOK, rows))
    ended = run("import", back, back, "--home", home.root, "--received", "2024-04-15")
    assert ended.exit_code != 0
    assert "2 rows were not taken, 0 files were refused" in error(ended)
    assert "1 rows with only a date or contact" in ended.output
    assert len(list(home.received.rglob("*.csv"))) == 1


def test_a_refused_file_is_told_with_what_to_do(home: Home, tmp_path: Path) -> None:
    ended = run("import", put(tmp_path, b"x", "brev.pdf"), "--home", home.root)
    assert "refused: this is neither a workbook" in ended.output
    assert "1 files were refused" in error(ended)


def test_decide_by_ids_and_by_file(home: Home, tmp_path: Path) -> None:
    rows = {10: {"ground": DAYS}, 9: {"ground": DAYS}}
    back = put(tmp_path, filled(WORKBOOK, rows))
    taken = run("import", back, "--home", home.root, "--received", "2024-04-15").output
    first, second = [line.split()[-1] for line in taken.splitlines() if "taken: as" in line]
    upheld = run("decide", first, "--status", "upheld", "--on", "2024-04-20", "--home", home.root)
    assert f"{first}: taken: upheld from 2024-04-20 on" in upheld.output
    file = put(
        tmp_path,
        f"dispute_id,status,decided_on\n{second},rejected,2024-04-21\n".encode(),
        "beslut.csv",
    )
    rejected = run("decide", "--file", file, "--home", home.root)
    assert f"{second}: taken: rejected from 2024-04-21 on" in rejected.output
    assert (upheld.exit_code, rejected.exit_code) == (0, 0)
    unknown = run(
        "decide", "inv-x", "--status", "upheld", "--on", "2024-04-20", "--home", home.root
    )
    assert "there is no such dispute" in unknown.output
    assert "some decisions were not taken" in error(unknown)


@pytest.mark.parametrize(
    "content",
    [
        "dispute_id,status,decided_on\ninv-a,maybe,2024-04-21\n",
        "dispute_id,status,decided_on\n,upheld,2024-04-21\n",
        "dispute_id,status,decided_on\ninv-a,upheld,igår\n",
        "dispute_id;status;decided_on\ninv-a;upheld;2024-04-21\n",
    ],
)
def test_a_file_of_decisions_with_a_bad_row_decides_nothing(
    content: str, home: Home, tmp_path: Path
) -> None:
    ended = run("decide", "--file", put(tmp_path, content.encode(), "b.csv"), "--home", home.root)
    assert "b.csv, row 2" in error(ended)


@pytest.mark.parametrize(
    "arguments",
    [
        ("decide", "inv-a"),
        ("decide", "inv-a", "--status", "upheld"),
        ("decide", "inv-a", "--file", "b.csv"),
        ("decide", "inv-a", "--status", "open", "--on", "2024-04-20"),
        ("import",),
    ],
)
def test_a_half_command_is_a_usage_error(arguments: tuple[str, ...], home: Home) -> None:
    assert run(*arguments, "--home", home.root).exit_code == 2


def test_no_day_is_yet_to_come(home: Home, tmp_path: Path) -> None:
    back = put(tmp_path, b"x", "a.csv")
    for ended in (
        run("import", back, "--home", home.root, "--received", "2999-01-01"),
        run("decide", "a", "--status", "upheld", "--on", "2999-01-01", "--home", home.root),
    ):
        assert "2999-01-01 is yet to come" in error(ended)


@pytest.fixture
def snapshot(home: Home) -> Home:
    (home.published / "bi").mkdir()
    with duckdb.connect(home.published / "bi" / "lus.duckdb") as connection:
        connection.execute(f"""
            create schema marts;
            create table marts.dim_snapshot as select date '2024-04-16' as as_of;
            create table marts.fct_dispute as
            select
                dispute_id, 'S-' || dispute_id as episode_id, 'S-x' as named_stay_id,
                municipality_code, date '2024-03-01' as billing_month, status,
                timestamp '2024-04-10 08:00' as raised_at, date '2024-04-26' as objections_until,
                days_left, effect
            from (values
                ('a', '0126', 'upheld', 10, 'removes_episode'),
                ('b', '0126', 'open', 10, 'holds_line'),
                ('c', '0180', 'open', 4, 'holds_line'),
                ('{PERSONNUMMER[0]}', '0180', 'open', 9, 'none')
            ) as given (dispute_id, municipality_code, status, days_left, effect)
        """)
    return home


def test_the_list_has_open_disputes_with_the_fewest_days_first(snapshot: Home) -> None:
    shown = run("list", "--home", snapshot.root).output.splitlines()
    assert shown[0] == "as known at 2024-04-16: 4 disputes"
    assert [line.split()[0] for line in shown[2:]] == ["c", "[person", "b", "a"]
    assert "removes episode" in shown[-1]


def test_the_list_is_of_a_municipality_a_month_or_what_is_open(snapshot: Home) -> None:
    def ids(*arguments: str) -> list[str]:
        shown = run("list", "--home", snapshot.root, *arguments).output.splitlines()
        return [line.split()[0] for line in shown[2:]]

    assert ids("--municipality", "0126") == ["b", "a"]
    assert ids("--municipality", "0126", "--open") == ["b"]
    assert ids("--month", "2024-02") == []


def test_the_list_says_what_waits_for_a_run(snapshot: Home, tmp_path: Path) -> None:
    assert "wait for the next run" not in run("list", "--home", snapshot.root).output
    back = put(tmp_path, filled(WORKBOOK, {10: {"ground": DAYS}}))
    run("import", back, "--home", snapshot.root, "--received", date(2024, 4, 15))
    assert "1 received files wait for the next run" in run("list", "--home", snapshot.root).output


def test_without_a_snapshot_the_list_says_what_to_do(home: Home) -> None:
    assert "build the marts first" in error(run("list", "--home", home.root))
