"""The lake's older months in few files: the same rows, whatever happens to copies or lake."""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from lus_assets.core.home import Home
from lus_assets.ingest.lake import file_sha256
from lus_assets.warehouse import packed
from lus_assets.warehouse.connection import quoted
from lus_assets.warehouse.packed import FEWEST_FILES, packed_files

JANUARY, FEBRUARY = date(2024, 1, 1), date(2024, 2, 1)
ROWS = 3


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home").prepare()


def deliver(home: Home, first: date, days: int, feed: str = "stays", said: str = "x") -> list[str]:
    """Lake files of so many days; each row says its file and its place in it."""
    paths: list[str] = []
    for number in range(days):
        day = first + timedelta(days=number)
        path = f"{feed}/{day}/v{day:%m%d}.parquet"
        (home.lake / path).parent.mkdir(parents=True, exist_ok=True)
        duckdb.execute(
            f"copy (select '{path}' as file, range as nth, '{said}' as said from range({ROWS}))"
            f" to {quoted(home.lake / path)} (format parquet)"
        )
        paths.append(path)
    return paths


def pack(home: Home, paths: Sequence[str], feed: str = "stays") -> list[Path]:
    with duckdb.connect() as connection:
        hashes = {path: file_sha256(home.lake / path) for path in paths}
        return packed_files(connection, home, hashes)[feed]


def rows(files: Sequence[Path]) -> list[tuple[object, ...]]:
    listed = ", ".join(quoted(each) for each in files)
    return duckdb.execute(f"from read_parquet([{listed}])").fetchall()


def test_an_older_month_is_one_file_and_the_newest_lies_where_it_was(home: Home) -> None:
    paths = [*deliver(home, JANUARY, 31), *deliver(home, FEBRUARY, 10)]
    read = pack(home, paths)
    assert [each.is_relative_to(home.packed) for each in read] == [True] + [False] * 10
    assert rows(read) == [(path, nth, "x") for path in paths for nth in range(ROWS)]


def test_a_month_of_few_files_is_read_where_it_lies(home: Home) -> None:
    paths = [*deliver(home, JANUARY, FEWEST_FILES - 1), *deliver(home, FEBRUARY, 1)]
    assert pack(home, paths) == [home.lake / path for path in paths]


def test_what_is_packed_is_packed_once(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [*deliver(home, JANUARY, 31), *deliver(home, FEBRUARY, 1)]
    first = pack(home, paths)
    monkeypatch.setattr(packed, "_pack", lambda *_: pytest.fail("packed again"))
    assert pack(home, paths) == first


@pytest.mark.parametrize("change", ["rewritten", "another", "gone"])
def test_a_month_whose_files_changed_is_packed_anew(home: Home, change: str) -> None:
    paths = [*deliver(home, JANUARY, 20), *deliver(home, FEBRUARY, 1)]
    (old, _) = pack(home, paths)
    if change == "rewritten":
        deliver(home, JANUARY, 1, said="corrected")
    elif change == "another":
        paths += deliver(home, date(2024, 1, 21), 1)
    else:
        paths.remove("stays/2024-01-01/v0101.parquet")
    (new, *_) = pack(home, paths)
    assert new != old
    assert not old.exists()
    assert rows(pack(home, paths)) == rows([home.lake / path for path in sorted(paths)])


@pytest.mark.parametrize("damage", [b"", b"PAR1 and what a flipped disk holds"])
def test_a_damaged_copy_is_made_again(home: Home, damage: bytes) -> None:
    paths = [*deliver(home, JANUARY, 20), *deliver(home, FEBRUARY, 1)]
    (copy, _) = pack(home, paths)
    whole = rows([copy])
    copy.write_bytes(damage)
    assert rows(pack(home, paths)[:1]) == whole


def test_what_a_killed_build_left_is_removed(home: Home) -> None:
    paths = [*deliver(home, JANUARY, 20), *deliver(home, FEBRUARY, 1)]
    (copy, _) = pack(home, paths)
    left = copy.with_suffix(".writing")
    left.write_bytes(b"half")
    (home.packed / "hashes.json").write_text("{ torn", encoding="utf-8")
    assert pack(home, paths)[0] == copy
    assert not left.exists()


@pytest.mark.parametrize("wrong", ["folder", "file"])
def test_what_cannot_be_packed_is_read_where_it_lies(home: Home, wrong: str) -> None:
    paths = [*deliver(home, JANUARY, 20), *deliver(home, FEBRUARY, 1)]
    if wrong == "folder":
        (home.packed / "stays").write_text("in the way", encoding="utf-8")
    else:
        torn = home.lake / paths[3]
        torn.write_bytes(torn.read_bytes()[:100])
    assert pack(home, paths) == [home.lake / path for path in paths]


def test_a_file_that_is_not_as_it_was_written_gets_into_no_copy(home: Home) -> None:
    """Put back from a backup, its month's copy would have the same name, and other rows."""
    paths = [*deliver(home, JANUARY, 20), *deliver(home, FEBRUARY, 1)]
    hashes = {path: file_sha256(home.lake / path) for path in paths}
    whole = rows([home.lake / path for path in paths])
    deliver(home, JANUARY, 1, said="another")
    with duckdb.connect() as connection:
        assert packed_files(connection, home, hashes)["stays"] == [home.lake / p for p in paths]
        assert list(home.packed.glob("stays/*")) == []
        deliver(home, JANUARY, 1)
        files = packed_files(connection, home, hashes)["stays"]
    assert files[0].is_relative_to(home.packed)
    assert rows(files) == whole
