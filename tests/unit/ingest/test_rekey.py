"""A key is rotated: the home is what ingestion would have made under the new one, or untouched."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from lus_assets.core import swap
from lus_assets.core.errors import LusError
from lus_assets.core.home import SCRATCH, Home
from lus_assets.core.lock import writer_lock
from lus_assets.ingest.catalog import Catalog
from lus_assets.ingest.contract import FEEDS
from lus_assets.ingest.ingest import ingest_days
from lus_assets.ingest.rekey import rekey
from lus_assets.ingest.source import LocalFolder
from lus_assets.privacy import vault
from lus_assets.privacy.keys import Pseudonymizer
from tests.conftest import KEY
from tests.oracle.landing_strategy import nasty_landing
from tests.unit.privacy.numbers import PERSONNUMMER

NEW_KEY = "another key, of thirty-two characters or more"
OLD, NEW = Pseudonymizer(KEY), Pseudonymizer(NEW_KEY)


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    folder = tmp_path / "landing"
    nasty_landing(3, "01").write_landing(folder)
    for feed in FEEDS:
        first = min((folder / feed).iterdir())
        (first / "delivery.csv").rename(first / f"{PERSONNUMMER[0]}.csv")
    return folder


def ingested(root: Path, landing: Path, key: Pseudonymizer) -> Home:
    home = Home(root).prepare()
    ingest_days(home, LocalFolder(landing), key)
    return home


def seen(home: Home, key: Pseudonymizer) -> dict[str, Any]:
    """All that the home says, but ids that are made of paths."""
    with Catalog.opened(home) as catalog:
        versions = catalog.file_versions()
        hashes = catalog.lake_hashes()
    assert set(hashes) == {each.lake_file for each in versions}
    name = {each.file_version_id: f"{each.path} {each.content_hash}" for each in versions}
    lake = {
        each.path: [
            row | {"file_version_id": None}
            for row in pq.read_table(home.lake / str(each.lake_file)).to_pylist()
        ]
        for each in versions
    }
    tables: dict[str, Any] = {}
    with vault.opened(home, key) as store:
        for table in vault.SCHEMAS:
            rows = [row for part in store.tables(table) for row in part.to_pylist()]
            for row in rows:
                if "file_version_id" in row:
                    row["file_version_id"] = name[row["file_version_id"]]
            tables[table] = sorted(rows, key=str)
    return {"lake": lake, "vault": tables}


@pytest.mark.promise(
    "A pseudonym key can be changed: links are kept, and the old key opens nothing",
    area="Privacy",
    how="a landing area ingested and rotated equals, row by row and hash by hash, the same landing"
    " area ingested under the new key; files delivered again are known; the old key is refused",
)
def test_a_rotated_home_is_what_ingestion_makes_under_the_new_key(
    landing: Path, tmp_path: Path, figures: dict[str, Any]
) -> None:
    rotated = ingested(tmp_path / "rotated", landing, OLD)
    fresh = ingested(tmp_path / "fresh", landing, NEW)
    copies = [rotated.root / each / "x" / "y" for each in ("packed", "spark", *SCRATCH)]
    for copy in copies:
        copy.parent.mkdir(parents=True)
        copy.write_bytes(b"pseudonyms under the old key")
    report = rekey(rotated, OLD, NEW, [])
    assert seen(rotated, NEW) == seen(fresh, NEW)
    assert [copy for copy in copies if copy.exists()] == []
    figures["lake files"], figures["people"] = report.lake_files, report.people
    assert report.people > 20
    again = ingest_days(rotated, LocalFolder(landing), NEW)
    assert {file.status for day in again.days for file in day.files} == {"seen"}
    with pytest.raises(LusError, match="not the one that this home was filled under"):
        vault.check_key(rotated, OLD)
    with pytest.raises(LusError, match="not the one that this home was filled under"):
        rekey(rotated, OLD, NEW, [])


def test_pseudonyms_of_issued_bases_are_told_after_every_rotation(
    landing: Path, tmp_path: Path
) -> None:
    home = ingested(tmp_path / "home", landing, OLD)
    with vault.opened(home, OLD) as store:
        people = [row for part in store.tables("identity") for row in part.to_pylist()]
    issued = {row["person_key"]: row["person_id"] for row in people[:5]}
    third = Pseudonymizer("a third key, of thirty-two characters or more")
    rekey(home, OLD, NEW, issued)
    assert vault.person_ids(home, list(issued), NEW) == issued
    rekey(home, NEW, third, issued)
    assert vault.person_ids(home, list(issued), third) == issued
    others = [row["person_key"] for row in people[5:]]
    assert vault.person_ids(home, others, third) == {}


class KilledError(BaseException):
    """Stands for a kill: nothing of ours catches it."""


def dying(do: Callable[..., Any], after: int, count: list[int]) -> Callable[..., Any]:
    def or_die(*given: Any, **named: Any) -> Any:
        count[0] += 1
        if count[0] == after:
            raise KilledError
        return do(*given, **named)

    return or_die


@pytest.mark.promise(
    "A rotation that is killed leaves the home whole, under the old key or the new",
    area="Privacy",
    how="killed before every rename, sync and removal of the swap in turn, then opened as any"
    " command would",
)
@pytest.mark.slow
def test_killed_at_any_moment_the_home_is_whole(
    landing: Path, tmp_path: Path, figures: dict[str, Any]
) -> None:
    home = ingested(tmp_path / "home", landing, OLD)
    before, states, kills = seen(home, OLD), set[str](), 0
    keys = (OLD, NEW)
    while True:
        kills += 1
        count = [0]
        with pytest.MonkeyPatch.context() as patch:
            for owner, name in ((Path, "rename"), (Path, "replace"), (swap.shutil, "rmtree")):
                patch.setattr(owner, name, dying(getattr(owner, name), kills, count))
            try:
                rekey(home, *keys, [])
                break
            except KilledError:
                pass
        with writer_lock(home):
            assert not swap.is_pending(home)
        key = OLD if opens(home, OLD) else NEW
        states.add("old" if key is OLD else "new")
        assert opens(home, NEW if key is OLD else OLD) is False
        assert {p: len(r) for p, r in seen(home, key)["lake"].items()}
        if key is keys[1]:  # it was decided: the way back is another rotation
            rekey(home, key, keys[0], [])
    figures["kills"] = kills - 1
    assert states == {"old", "new"}
    with writer_lock(home):
        pass
    rekey(home, NEW, OLD, [])
    assert seen(home, OLD) == before


def opens(home: Home, key: Pseudonymizer) -> bool:
    try:
        vault.check_key(home, key)
    except LusError:
        return False
    return True
