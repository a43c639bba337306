"""When a build may start from the last one's rows, and why it may not."""

import shutil
import sqlite3
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from lus_assets.core.home import Home
from lus_assets.core.installation import Installation
from lus_assets.core.settings import Settings
from lus_assets.ingest.ingest import ingest_days
from lus_assets.ingest.source import LocalFolder
from lus_assets.invoicing import assets
from lus_assets.privacy.keys import Pseudonymizer
from lus_assets.warehouse import basis, build
from lus_assets.warehouse.basis import forget, in_doubt, remember, why_in_full
from lus_assets.warehouse.connection import connect
from lus_assets.warehouse.prepare import checked_own_rows, prepare
from lus_assets.warehouse.results import NodeResult
from tests.golden.contract import write_landing

DAY = date(2024, 3, 1)
SETTINGS = Settings(build="incremental")
CHANGED = "code, libraries, settings or own rows have changed"


def why(home: Home, as_of: date = DAY, settings: Settings = SETTINGS) -> str | None:
    return why_in_full(home, as_of, settings, checked_own_rows(home, settings))


@pytest.fixture(scope="module")
def remembered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A landing area, and a home whose warehouse is remembered as whole."""
    root = tmp_path_factory.mktemp("remembered")
    home = Home(root / "home").prepare()
    write_landing(root / "landing", [], DAY, DAY + timedelta(days=1))
    key = Pseudonymizer.from_environment()
    ingest_days(home, LocalFolder(root / "landing"), key, first=DAY, last=DAY)
    prepare(home, DAY, SETTINGS)
    with connect(home.warehouse) as connection:
        remember(connection, home, SETTINGS, checked_own_rows(home, SETTINGS))
    return root


@pytest.fixture
def home(remembered: Path, tmp_path: Path) -> Home:
    """A copy of it to change."""
    shutil.copytree(remembered, tmp_path, dirs_exist_ok=True)
    return Home(tmp_path / "home")


def test_a_build_of_the_same_day_or_a_later_one_can_start_from_the_last(home: Home) -> None:
    assert why(home) is None
    assert why(home, DAY + timedelta(days=9)) is None


def test_more_files_are_no_reason(home: Home, tmp_path: Path) -> None:
    ingest_days(home, LocalFolder(tmp_path / "landing"), Pseudonymizer.from_environment())
    assert why(home, DAY + timedelta(days=1)) is None


def test_what_was_known_earlier_is_built_in_full(home: Home) -> None:
    assert why(home, DAY - timedelta(days=1)) == "the last build was as known at a later day"


def test_without_a_warehouse_there_is_nothing_to_start_from(tmp_path: Path) -> None:
    assert why(Home(tmp_path).prepare()) == "there was no warehouse"


def test_a_warehouse_that_was_not_built_to_its_end_is_built_in_full(home: Home) -> None:
    with connect(home.warehouse) as connection:
        forget(connection)
    assert why(home) == "the last build did not end well"


def test_tables_that_were_half_made_anew_are_no_start_until_they_are_made_to_the_end(
    home: Home,
) -> None:
    with pytest.raises(KeyboardInterrupt), in_doubt(home):
        raise KeyboardInterrupt
    assert why(home) == "the last build did not end well"
    with in_doubt(home):
        assert why(home) == "the last build did not end well"
    assert why(home) is None


def test_a_run_that_is_killed_while_it_shows_what_was_issued_leaves_no_start(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object, **__: object) -> list[NodeResult]:
        raise KeyboardInterrupt

    monkeypatch.setattr(assets, "build", killed)
    with pytest.raises(KeyboardInterrupt):
        assets._show_issued(Installation(home, tmp_path / "landing", DAY))
    assert why(home) == "the last build did not end well"


def test_a_warehouse_that_was_no_start_is_none_when_its_tables_were_made_anew(home: Home) -> None:
    with connect(home.warehouse) as connection:
        forget(connection)
    with in_doubt(home):
        pass
    assert why(home) == "the last build did not end well"


@pytest.mark.parametrize("content", [b"", b"no database"])
def test_a_warehouse_that_cannot_be_read_is_built_in_full(home: Home, content: bytes) -> None:
    """As one is that found the disk full when it was made."""
    home.warehouse.write_bytes(content)
    said = why(home)
    assert said is not None
    assert said.startswith("the last build's warehouse cannot be read (")


def test_what_is_remembered_is_remembered_whole(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Broken off after its first table, it is as it was before."""
    other = replace(SETTINGS, review_day=6)
    with connect(home.warehouse) as connection:
        monkeypatch.setattr(basis, "_REMEMBERED", "create table build.lake_file as from nothing")
        with pytest.raises(duckdb.Error):
            remember(connection, home, other, checked_own_rows(home, other))
    monkeypatch.undo()
    assert why(home) is None
    assert why(home, settings=other) == CHANGED


def test_own_rows_that_change_during_a_build_are_not_those_it_was_made_with(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def meanwhile(*_: object) -> list[NodeResult]:
        text = "holiday_calendar,holiday_date\nse-2018,2024-03-04\n"
        (home.region / "holiday.csv").write_text(text, encoding="utf-8")
        return []

    monkeypatch.setattr(build, "build_marts", meanwhile)
    build.build_in_full(home, DAY, SETTINGS)
    assert why(home) == CHANGED


@pytest.mark.parametrize(
    "change",
    [{"region": "20"}, {"review_day": 6}, {"objection_days": 20}, {"small_number_limit": 7}],
)
def test_other_settings_are_another_build(home: Home, change: dict[str, str | int]) -> None:
    assert why(home, settings=replace(SETTINGS, **change)) == CHANGED  # pyright: ignore[reportArgumentType]


def test_memory_changes_no_result(home: Home) -> None:
    assert why(home, settings=replace(SETTINGS, memory_limit="2GB")) is None


def test_an_own_row_more_is_another_build(home: Home) -> None:
    text = "holiday_calendar,holiday_date\nse-2018,2024-03-04\n"
    (home.region / "holiday.csv").write_text(text, encoding="utf-8")
    assert why(home) == CHANGED


@pytest.mark.parametrize("what", ["code_version", "libraries"])
def test_other_code_and_other_libraries_are_another_build(
    what: str, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(basis, what, lambda: "other")
    assert why(home) == CHANGED


@pytest.mark.parametrize(
    "change", ["update lake_file set sha256 = 'other'", "delete from file_version"]
)
def test_files_rewritten_or_removed_since_are_read_again(home: Home, change: str) -> None:
    """As disposal and a change of the key do."""
    with sqlite3.connect(home.catalog) as catalog:
        catalog.execute(change)
    catalog.close()
    assert why(home) == "files of the lake were rewritten or removed"
