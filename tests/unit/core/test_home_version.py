"""An older home is taken to today's version, step by step; a newer one is refused untouched."""

from pathlib import Path

import pytest

from lus_assets.core import home_version
from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.core.home_version import (
    MIGRATIONS,
    Migration,
    bring_up_to_date,
    current_version,
    version_of,
)
from tests.pipeline.command import lus_here
from tests.unit.ingest.support import County, row, to_csv

pytestmark = pytest.mark.promise(
    "An older home is migrated, a newer one refused",
    area="Production",
    how="homes of a version before, of a version to come, and steps that break off",
)


@pytest.fixture
def old(tmp_path: Path) -> County:
    """A home with a delivery, as it was before homes said their version."""
    county = County(tmp_path)
    county.deliver("stays", to_csv([row("stays")]))
    county.home.version_file.unlink()
    return county


def test_a_new_home_is_of_this_programs_version(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    assert version_of(home) is None
    assert version_of(home.prepare()) == current_version()
    assert sorted(MIGRATIONS) == list(range(1, current_version()))


def test_a_home_from_before_versions_goes_on_as_it_was(old: County) -> None:
    before = (old.state(), old.versions())
    assert version_of(old.home) == 1
    said = lus_here("upgrade", "--home", old.home.root)
    assert said.out.splitlines()[-1].endswith(f"version {current_version()}"), said.err
    assert (old.state(), old.versions()) == before
    assert [file.status for file in old.ingest("stays").files] == ["seen"]


def test_every_step_is_done_once_and_one_that_broke_off_again(
    old: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    def breaks_once(_: Home) -> None:
        done.append("second")
        if done.count("second") == 1:
            raise RuntimeError

    steps = {
        1: Migration("first", lambda _: done.append("first")),
        2: Migration("second", breaks_once),
        3: Migration("third", lambda _: done.append("third")),
    }
    monkeypatch.setattr(home_version, "MIGRATIONS", steps)
    with pytest.raises(RuntimeError):
        bring_up_to_date(old.home)
    assert version_of(old.home) == 2
    assert [step.what for step in bring_up_to_date(old.home)] == ["second", "third"]
    assert done == ["first", "second", "second", "third"]
    assert bring_up_to_date(old.home) == []


def test_a_newer_home_is_refused_and_not_touched(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.version_file.write_text("99\n")
    with pytest.raises(LusError, match="of version 99, and this program knows up to"):
        home.prepare()
    assert [each.name for each in tmp_path.iterdir()] == ["version"]


@pytest.mark.parametrize("text", ["", "two", "-1", "0", "²"])
def test_a_version_that_is_none_is_told(tmp_path: Path, text: str) -> None:
    home = Home(tmp_path)
    home.version_file.write_text(text, encoding="utf-8")
    with pytest.raises(LusError, match="does not say which version"):
        home.prepare()


def test_a_folder_without_a_home_is_not_upgraded(tmp_path: Path) -> None:
    said = lus_here("upgrade", "--home", tmp_path / "nowhere")
    assert said.status == 1
    assert "there is no home" in said.err
    assert not (tmp_path / "nowhere").exists()
