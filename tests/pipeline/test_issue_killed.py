"""kill -9 at any moment of an issue, two issues at once, and a byte changed behind the back.

One month of Blekinge (living.py) stands twice: ready to be reviewed, and ready to be invoiced. What
an undisturbed run makes of each is what a killed and repeated one must make.
"""

import random
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from lus_assets.core.home import Home
from lus_assets.ingest.catalog import Catalog
from lus_assets.invoicing.backup import restore_backup, write_backup
from lus_assets.invoicing.verify import verify
from lus_assets.ledger.ledger import Ledger
from tests.conftest import KEY
from tests.pipeline.command import lus_here
from tests.pipeline.issuing import Issuing
from tests.pipeline.living import CUTOUT, GATE, INVOICING, MEAN, RATES, Life
from tests.pipeline.random_life import random_rows

FIRST, MONTH = date(2023, 10, 20), date(2023, 11, 1)
REVIEWED, INVOICED = date(2023, 12, 5), date(2023, 12, 26)
OWN_ROWS = {
    "ruleset_invoicing.csv": INVOICING
    + "".join(f"{name},2020-01-01,,active\n" for name in (MEAN, CUTOUT, GATE)),
    "daily_rate.csv": RATES + "south,2023-01-01,,10000,Test,assumption\n",
}
STAGES: dict[str, date] = {"review": REVIEWED, "invoice": INVOICED}


@dataclass(frozen=True)
class Undisturbed:
    """A month before each kind of issue, and what an undisturbed run makes of it.

    homes: ready to issue. entries: of the ledger afterwards (without the clock); files: of every
    folder issued; seconds: that an issue took once it was ready to begin.
    """

    homes: dict[str, Home]
    entries: dict[str, list[str]]
    files: dict[str, dict[str, bytes]]
    seconds: dict[str, float]
    landing: Path


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Undisturbed]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LUS_PSEUDONYM_KEY", KEY)
        root = tmp_path_factory.mktemp("killed")
        life = Life(root, FIRST, OWN_ROWS)
        rows = random_rows(3, FIRST, [MONTH], INVOICED)
        made = Undisturbed({}, {}, {}, {}, life.landing)
        for kind, day in STAGES.items():
            life.live_until(day, [row for row in rows if life.today < row.delivered <= day])
            life.know(day)
            made.homes[kind] = copied(life.home, root / kind)
            issuing = start(life.home, kind)
            began = time.monotonic()
            assert issuing.end() == "issued"
            made.seconds[kind] = time.monotonic() - began
            made.entries[kind], made.files[kind] = hashes(life.home), folders(life.home)
        yield made


def copied(home: Home, folder: Path) -> Home:
    shutil.copytree(home.root, folder)
    return Home(folder)


def hashes(home: Home) -> list[str]:
    with Ledger.opened(home) as ledger:
        return [each.entry_hash for each in ledger.entries()]


def folders(home: Home) -> dict[str, bytes]:
    """Every file of the issued folders, without the clock that is recorded beside them."""
    return {
        path.relative_to(home.published).as_posix(): path.read_bytes()
        for kind in ("review", "invoice")
        for path in sorted((home.published / kind).rglob("*"))
        if path.is_file() and path.name != "recorded.json"
    }


def start(home: Home, kind: str, **how: bool) -> Issuing:
    return Issuing(home, kind, MONTH, STAGES[kind], **how)


def assert_as_undisturbed(home: Home, kind: str, undisturbed: Undisturbed) -> None:
    assert hashes(home) == undisturbed.entries[kind], "the same issues, in order, with numbers"
    assert folders(home) == undisturbed.files[kind]
    assert not list((home.published / ".building").glob("*"))
    assert verify(home) == []


@pytest.mark.parametrize(
    ("seed", "kills"),
    [
        *((1, 4), (2, 4)),
        *(pytest.param(seed, 9, marks=pytest.mark.slow) for seed in range(3, 9)),
    ],
)
def test_killed_at_any_moment_a_normal_run_ends_as_if_nothing_had_happened(
    seed: int, kills: int, undisturbed: Undisturbed, tmp_path: Path
) -> None:
    """Each killed run begins where the one before was killed."""
    rng = random.Random(seed)  # noqa: S311 - reproducible, not secret
    kind = ("review", "invoice")[seed % 2]
    home = copied(undisturbed.homes[kind], tmp_path / "home")
    longest = undisturbed.seconds[kind]
    killed = [start(home, kind).kill_after(rng.uniform(0, longest)) for _ in range(kills)]
    assert any(killed), "every issue was over before its kill"
    assert start(home, kind).end() in ("issued", "unchanged")
    assert_as_undisturbed(home, kind, undisturbed)


def test_while_one_issues_another_is_refused_and_told_who_does(
    undisturbed: Undisturbed, tmp_path: Path
) -> None:
    home = copied(undisturbed.homes["invoice"], tmp_path / "home")
    winner = start(home, "invoice", holds=True)
    assert winner.hear() == "holds"
    other = start(home, "invoice").end()
    command = lus_here(
        *("run", "--landing", undisturbed.landing, "--home", home.root),
        *("--month", f"{MONTH:%Y-%m}", "--as-of", INVOICED, "--through", "invoice"),
    )
    winner.say("go on")
    assert winner.end() == "issued"
    assert f"another run is writing to this home (process {winner.pid})" in other
    assert command.status == 1
    assert f"process {winner.pid}" in command.err
    assert "Traceback" not in command.err
    assert_as_undisturbed(home, "invoice", undisturbed)


@pytest.mark.parametrize("is_locked", [True, False])
def test_of_two_that_begin_together_one_issues_and_the_other_says_so(
    is_locked: bool, undisturbed: Undisturbed, tmp_path: Path
) -> None:
    """Without the lock of the home (a shared disk may have none) the ledger alone decides."""
    home = copied(undisturbed.homes["invoice"], tmp_path / "home")
    both = [start(home, "invoice", waits=True, is_locked=is_locked) for _ in range(2)]
    for each in both:
        each.say("go")
    ended = sorted(each.end() for each in both)
    assert ended.count("issued") == 1, ended
    (other,) = (each for each in ended if each != "issued")
    assert other == "unchanged" or "another run is writing" in other or "ledger" in other
    assert start(home, "invoice").end() == "unchanged"
    assert_as_undisturbed(home, "invoice", undisturbed)


@pytest.fixture(scope="module")
def issued(undisturbed: Undisturbed, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with the month's review bases and invoice bases."""
    home = copied(undisturbed.homes["invoice"], tmp_path_factory.mktemp("issued") / "home")
    assert start(home, "invoice").end() == "issued"
    return home


def flip(path: Path, position: int | None = None) -> None:
    """Change one byte of a file, in its middle unless told where, whatever its rights."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2 if position is None else position] ^= 1
    path.chmod(0o600)
    path.write_bytes(bytes(content))


def a_part(home: Home) -> str:
    """Change a byte of the ledger file within a part's content; which entry has it."""
    with Ledger.opened(home) as ledger:
        entry = ledger.entries("invoice")[0]
        content = ledger.part(entry, "lines")
    raw = home.ledger.read_bytes()
    pieces = (content[start : start + 48] for start in range(0, len(content), 48))
    piece = next(each for each in pieces if raw.count(each) == 1)
    flip(home.ledger, raw.index(piece))
    return (
        f"ledger: entry {entry.sequence} (invoice {entry.month} {entry.municipality_code}):"
        " part lines was changed"
    )


def an_amount(home: Home) -> str:
    """Change a digit of a total in the ledger file; which entry has it."""
    with Ledger.opened(home) as ledger:
        entry = ledger.entries("invoice")[0]
    raw = home.ledger.read_bytes()
    total = f'"total_sek":"{entry.facts["total_sek"]}"'.encode()
    assert raw.count(total) == 1
    flip(home.ledger, raw.index(total) + len('"total_sek":"'))
    return f"ledger: entry {entry.sequence} (invoice {entry.month} {entry.municipality_code})"


def a_file(kind: str, name: str) -> Callable[[Home], str]:
    def change(home: Home) -> str:
        path = min((home.published / kind).rglob(name))
        flip(path)
        return path.relative_to(home.root).as_posix()

    return change


def a_lake_file(home: Home) -> str:
    with Catalog.opened(home) as catalog:
        name = max(catalog.lake_files())
    flip(home.lake / name)
    return f"lake/{name}"


def the_newest_entries(home: Home) -> str:
    """Cut off what was issued last: its folder is there, and tells."""
    connection = sqlite3.connect(home.ledger)
    connection.execute("drop trigger entry_is_kept")
    connection.execute("delete from entry where sequence = (select max(sequence) from entry)")
    connection.commit()
    connection.close()
    return "the ledger has no such issue"


def a_folder(home: Home) -> str:
    folder = min((home.published / "review").rglob("manifest.json")).parent
    shutil.rmtree(folder)
    return f"{folder.relative_to(home.root)}: the folder of review base"


def a_stranger(home: Home) -> str:
    folder = min((home.published / "invoice").rglob("manifest.json")).parent
    (folder / "extra.csv").write_text("1\n")
    return f"{folder.relative_to(home.root)}/extra.csv does not belong there"


@pytest.mark.parametrize(
    "change",
    [
        *(a_part, an_amount, a_lake_file, the_newest_entries, a_folder, a_stranger),
        *(a_file("invoice", "lines.csv"), a_file("invoice", "fakturaunderlag.xlsx")),
        *(a_file("invoice", "manifest.json"), a_file("review", "episodes.csv")),
        *(a_file("review", "granskningsunderlag.xlsx"), a_file("review", "manifest.json")),
    ],
)
def test_a_change_behind_the_back_is_found_and_named(
    change: Callable[[Home], str], issued: Home, tmp_path: Path
) -> None:
    home = copied(issued, tmp_path / "home")
    assert verify(home) == []
    name = change(home)
    found = verify(home)
    assert any(name in each for each in found), found
    said = lus_here("ledger", "verify", "--home", home.root)
    assert said.status == 1
    assert name in said.out


def test_a_home_as_it_was_written_verifies_with_exit_status_0(issued: Home) -> None:
    said = lus_here("ledger", "verify", "--home", issued.root)
    assert (said.status, said.err) == (0, "")
    assert f"all is as it was written: {len(hashes(issued))} issues" in said.out
    assert hashes(issued)[-1] in said.out


def test_a_backup_brings_back_all_that_was_issued_and_the_rest_is_made_again(
    issued: Home, undisturbed: Undisturbed, tmp_path: Path
) -> None:
    """Ledger, vault and lake are enough: a new warehouse knows the same, and issues nothing."""
    kept = write_backup(issued, tmp_path / "kept.tar")
    home = Home(tmp_path / "elsewhere")
    assert restore_backup(kept.path, home).newest == kept.newest
    assert not home.warehouse.exists()
    assert not folders(home)
    life = Life.of(home, undisturbed.landing, INVOICED)
    life.know(INVOICED)
    assert start(home, "invoice").end() == "unchanged"
    assert_as_undisturbed(home, "invoice", undisturbed)
