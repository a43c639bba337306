"""The home: naming touches nothing, preparing makes the folders, the vault is the owner's only."""

from pathlib import Path

import pytest

from lus_assets.core.home import Home


def test_naming_a_home_makes_no_folder(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    assert home.catalog.parent == home.lake
    assert not home.root.exists()


def test_the_vaults_folder_is_closed_to_others_even_where_it_was_open(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.vault.parent.mkdir(mode=0o755, parents=True)
    home.prepare()
    assert home.vault.parent.stat().st_mode & 0o777 == 0o700


def test_a_journal_that_goes_meanwhile_stops_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever commits to the ledger has one beside it, and preparing holds no lock."""
    home = Home(tmp_path).prepare()
    home.ledger.touch(mode=0o644)
    journal = home.ledger.with_name("a.wal")
    journal.touch()
    listed = Path.iterdir

    def then_gone(folder: Path) -> list[Path]:
        found = list(listed(folder))
        if folder == journal.parent:
            journal.unlink()
        return sorted(found)

    monkeypatch.setattr(Path, "iterdir", then_gone)
    home.prepare()
    assert home.ledger.stat().st_mode & 0o777 == 0o600


def test_every_path_of_a_home_lies_below_it(tmp_path: Path) -> None:
    home = Home(tmp_path)
    names = [name for name, value in vars(Home).items() if isinstance(value, property)]
    assert len(names) >= 9
    assert all(getattr(home, name).is_relative_to(tmp_path) for name in names)
