"""Files that were torn or changed behind the back: found and named, then refused or made again."""

import random
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from lus_assets.core.home import Home
from lus_assets.publishing.release import MANIFEST
from tests.faults.conftest import Undisturbed, snapshot_hash
from tests.faults.forks import Forks
from tests.promises import Figure

pytestmark = pytest.mark.slow
Damage = Callable[[Path], None]


def flip_a_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def tear(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def scribble(path: Path) -> None:
    path.write_bytes(random.Random(1).randbytes(path.stat().st_size))  # noqa: S311 - reproducible


def copied(undisturbed: Undisturbed, tmp_path: Path) -> Home:
    shutil.copytree(undisturbed.home.root, tmp_path / "home")
    return Home(tmp_path / "home")


@pytest.mark.promise(
    "A lake file that was changed is never computed with",
    area="Faults",
    how="A bit flipped in, half cut off, or the whole of a lake file gone: the run names the file"
    " and ends, what is published stands; with the file back the run is as undisturbed",
)
@pytest.mark.parametrize(
    ("damage", "said"),
    [(flip_a_bit, "was changed"), (tear, "was changed"), (Path.unlink, "is missing")],
)
def test_a_damaged_lake_file_is_named_and_refused(
    damage: Damage,
    said: str,
    undisturbed: Undisturbed,
    forks: Forks,
    tmp_path: Path,
    figures: dict[str, Figure],
) -> None:
    home = copied(undisturbed, tmp_path)
    path = max(home.lake.rglob("*.parquet"), key=lambda each: each.stat().st_size)
    whole = path.read_bytes()
    damage(path)
    assert forks.run(*undisturbed.options(home)) == 1
    assert f"lake/{path.relative_to(home.lake)} {said}" in forks.said()
    assert snapshot_hash(home) == undisturbed.hash
    path.write_bytes(whole)
    assert forks.run(*undisturbed.options(home)) == 0, forks.said()
    assert undisturbed.differences(home) == []
    figures["files damaged"] = 1


@pytest.mark.promise(
    "Warehouse and BI snapshot are made again from whatever is left of them",
    area="Faults",
    how="The DuckDB file is cut in half, overwritten with noise, or has a foreign write-ahead log"
    " beside it; the next run's marts are as undisturbed",
)
@pytest.mark.parametrize("damage", [flip_a_bit, tear, scribble])
@pytest.mark.parametrize("which", ["warehouse/warehouse.duckdb", "published/bi/lus.duckdb"])
def test_a_damaged_database_is_made_again(
    which: str,
    damage: Damage,
    undisturbed: Undisturbed,
    forks: Forks,
    tmp_path: Path,
    figures: dict[str, Figure],
) -> None:
    home = copied(undisturbed, tmp_path)
    damage(home.root / which)
    (home.root / f"{which}.wal").write_bytes(b"of another file")
    assert forks.run(*undisturbed.options(home)) == 0, forks.said()
    assert undisturbed.differences(home) == []
    figures["files damaged"] = 1


@pytest.mark.promise(
    "A release that was changed is named, and never taken for the one that was published",
    area="Faults",
    how="Manifest or data file of a statistics release damaged; `lus ledger verify` names the file,"
    " and a run that would publish the same month again does not overwrite it",
)
@pytest.mark.parametrize("damage", [flip_a_bit, tear, Path.unlink])
@pytest.mark.parametrize("name", [MANIFEST, "monthly_statistics.csv"])
def test_a_damaged_release_is_named(
    name: str,
    damage: Damage,
    undisturbed: Undisturbed,
    forks: Forks,
    tmp_path: Path,
    figures: dict[str, Figure],
) -> None:
    home = copied(undisturbed, tmp_path)
    (path,) = (home.published / "statistics").glob(f"*/v1/{name}")
    damage(path)
    left = path.read_bytes() if path.exists() else None
    assert forks.run("ledger", "verify", "--home", home.root) != 0
    where = path.parent.relative_to(home.root)
    assert str(where) in forks.said()
    forks.run(*undisturbed.options(home))
    assert (path.read_bytes() if path.exists() else None) == left
    figures["files damaged"] = 1


@pytest.mark.promise(
    "A catalog that cannot be read ends the run, and nothing is thrown away",
    area="Faults",
    how="The SQLite file of what was ingested is overwritten with noise: no lake file is removed as"
    " an orphan, the error names the file; with it back the run is as undisturbed",
)
def test_a_damaged_catalog_is_refused(
    undisturbed: Undisturbed, forks: Forks, tmp_path: Path
) -> None:
    home = copied(undisturbed, tmp_path)
    whole = home.catalog.read_bytes()
    lake = sorted(home.lake.rglob("*.parquet"))
    scribble(home.catalog)
    assert forks.run(*undisturbed.options(home)) == 1
    assert home.catalog.name in forks.said()
    assert sorted(home.lake.rglob("*.parquet")) == lake
    home.catalog.write_bytes(whole)
    with sqlite3.connect(home.catalog) as connection:
        assert connection.execute("pragma integrity_check").fetchall() == [("ok",)]
    assert forks.run(*undisturbed.options(home)) == 0, forks.said()
    assert undisturbed.differences(home) == []
