"""A backup is whole or it is none, and comes back into an empty home only."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.ingest.catalog import Catalog
from lus_assets.invoicing.backup import restore_backup, write_backup
from lus_assets.ledger.ledger import Ledger
from tests.unit.invoicing.disputes.returned_example import NEIGHBOUR, REVIEW, issue

DECISION = "ruleset_id,valid_from,invoicing\nstockholm-2020-somatic,2024-03-01,active\n"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Two review bases in the ledger, a decision of the region, and things that can be made."""
    made = Home(tmp_path / "home").prepare()
    for each in (REVIEW, NEIGHBOUR):
        issue(made, each)
    made.region.mkdir(exist_ok=True)
    (made.region / "ruleset_invoicing.csv").write_text(DECISION, encoding="utf-8")
    made.warehouse.parent.mkdir(exist_ok=True)
    made.warehouse.write_bytes(b"can be made again")
    return made


def hashes(home: Home) -> list[str]:
    with Ledger.opened(home) as ledger:
        assert ledger.broken() == []
        return [each.entry_hash for each in ledger.entries()]


def flip(path: Path, found: bytes) -> None:
    content = bytearray(path.read_bytes())
    content[content.index(found)] ^= 1
    path.write_bytes(bytes(content))


def test_what_cannot_be_made_again_comes_back_for_its_owner_only(
    home: Home, tmp_path: Path
) -> None:
    kept = write_backup(home, tmp_path / "kept.tar")
    assert kept.path.stat().st_mode & 0o777 == 0o600
    again = Home(tmp_path / "again")
    back = restore_backup(kept.path, again)
    assert (back.files, back.newest) == (kept.files, kept.newest)
    assert hashes(again) == hashes(home)
    assert (again.region / "ruleset_invoicing.csv").read_text(encoding="utf-8") == DECISION
    assert again.ledger.stat().st_mode & 0o777 == 0o600
    assert not again.warehouse.exists()


_WRITES = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("pragma cache_size = 2")
connection.execute("begin")
connection.execute("update lake_file set sha256 = 'half'")
print("half written", flush=True)
sys.stdin.readline()
"""


def test_what_a_killed_process_left_half_in_the_catalog_is_not_kept(
    home: Home, tmp_path: Path
) -> None:
    """Its pages are in the file already; only the journal beside it, which no backup has, tells."""
    with Catalog.opened(home), sqlite3.connect(home.catalog) as connection:
        rows = [(f"stays/{number}.parquet", "x" * 64) for number in range(5000)]
        connection.executemany("insert into lake_file values (?, ?)", rows)
    with subprocess.Popen(
        [sys.executable, "-c", _WRITES, str(home.catalog)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout
        assert child.stdout.readline() == "half written\n"
        child.kill()
    journal = home.catalog.with_name(f"{home.catalog.name}-journal")
    assert journal.stat().st_size > 0
    again = Home(tmp_path / "again")
    restore_backup(write_backup(home, tmp_path / "kept.tar").path, again)
    with sqlite3.connect(again.catalog) as connection:
        assert connection.execute("select * from lake_file order by rowid").fetchall() == rows


def test_a_backup_never_replaces_a_file(home: Home, tmp_path: Path) -> None:
    (tmp_path / "kept.tar").write_bytes(b"an earlier one")
    with pytest.raises(LusError, match="there is a file already"):
        write_backup(home, tmp_path / "kept.tar")
    assert (tmp_path / "kept.tar").read_bytes() == b"an earlier one"


def test_a_broken_ledger_is_not_kept_as_if_it_were_whole(home: Home, tmp_path: Path) -> None:
    flip(home.ledger, hashes(home)[0].encode())
    with pytest.raises(LusError, match="the ledger is broken"):
        write_backup(home, tmp_path / "kept.tar")
    assert not list(tmp_path.glob("kept.tar*"))


def test_a_home_in_use_is_not_restored_over(home: Home, tmp_path: Path) -> None:
    kept = write_backup(home, tmp_path / "kept.tar")
    before = hashes(home)
    with pytest.raises(LusError, match="the home is not empty"):
        restore_backup(kept.path, home)
    assert hashes(home) == before


def test_a_backup_that_was_changed_or_cut_off_brings_nothing_back(
    home: Home, tmp_path: Path
) -> None:
    kept = write_backup(home, tmp_path / "kept.tar").path
    whole = kept.read_bytes()
    flip(kept, DECISION[-8:].encode())
    with pytest.raises(LusError, match=r"region/ruleset_invoicing\.csv is missing or was changed"):
        restore_backup(kept, Home(tmp_path / "changed"))
    kept.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(LusError, match="the backup is not whole"):
        restore_backup(kept, Home(tmp_path / "cut"))
    assert not (tmp_path / "changed").exists()
    assert not (tmp_path / "cut").exists()
