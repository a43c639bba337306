"""Folders that are replaced together: what is obsolete goes, or the error says that it has not."""

import shutil
from pathlib import Path

import pytest

from lus_assets.core import swap
from lus_assets.core.errors import LusError
from lus_assets.core.home import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home whose lake is about to be replaced, and what was computed from it is obsolete."""
    home = Home(tmp_path / "home").prepare()
    (home.lake / "old.parquet").write_text("old", encoding="utf-8")
    (home.spark / "tables").mkdir(parents=True)
    (home.spark / "tables" / "part.parquet").write_text("rows of the old", encoding="utf-8")
    aside = swap.begin(home)
    (aside / "lake").mkdir()
    (aside / "lake" / "new.parquet").write_text("new", encoding="utf-8")
    return home


def test_what_is_obsolete_goes_with_the_old_folder(home: Home) -> None:
    swap.commit(home, ["lake"], ["spark", "packed"])
    assert [each.name for each in home.lake.iterdir()] == ["new.parquet"]
    assert not home.spark.exists()
    assert not home.swap.exists()


def test_rows_that_cannot_be_removed_are_an_error_until_they_are(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where executors of Spark wrote them as another user."""
    plain = shutil.rmtree

    def refused(path: Path, *, ignore_errors: bool = False) -> None:
        if Path(path) == home.spark:
            raise PermissionError(13, "Permission denied", str(path))
        plain(path, ignore_errors=ignore_errors)

    monkeypatch.setattr(swap.shutil, "rmtree", refused)
    with pytest.raises(LusError, match=r"cannot be removed \(Permission denied\)") as refusal:
        swap.commit(home, ["lake"], ["spark"])
    assert refusal.value.where == str(home.spark)
    assert swap.is_pending(home)
    monkeypatch.undo()
    assert swap.finish(home)
    assert [each.name for each in home.lake.iterdir()] == ["new.parquet"]
    assert not home.spark.exists()


def test_a_mount_stays_and_is_empty(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = shutil.rmtree

    def busy(path: Path, *, ignore_errors: bool = False) -> None:
        if Path(path) != home.spark:
            plain(path, ignore_errors=ignore_errors)
            return
        for each in home.spark.iterdir():
            plain(each)
        raise OSError(16, "Device or resource busy", str(path))

    monkeypatch.setattr(swap.shutil, "rmtree", busy)
    swap.commit(home, ["lake"], ["spark"])
    assert list(home.spark.iterdir()) == []
    assert not swap.is_pending(home)


def test_killed_between_its_two_renames_it_is_finished_over_what_commands_made_meanwhile(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every command makes the folders that are missing, before it takes the writer lock. Here it
    happens twice, and the first put something into the new folder."""
    plain, renamed = Path.rename, []

    def killed_at_the_second(self: Path, target: Path) -> Path:
        renamed.append(self)
        if len(renamed) % 2 == 0:
            raise KeyboardInterrupt
        return plain(self, target)

    monkeypatch.setattr(Path, "rename", killed_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        swap.commit(home, ["lake"])
    home.prepare()
    (home.lake / "made-since").touch()
    with pytest.raises(KeyboardInterrupt):
        swap.finish(home)
    monkeypatch.undo()
    home.prepare()
    assert swap.finish(home)
    assert [each.name for each in home.lake.iterdir()] == ["new.parquet"]
    assert not home.swap.exists()
