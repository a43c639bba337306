"""A ledger that is written once, and copied for each test."""

from pathlib import Path

import pytest

from lus_assets.core.home import Home
from tests.unit.ledger.drafts import CODES, append, copied, draft


@pytest.fixture(scope="package")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger's file with four invoice bases."""
    place = Home(tmp_path_factory.mktemp("written"))
    append(place, *(draft(code) for code in CODES))
    return place.ledger


@pytest.fixture
def home(tmp_path: Path, written: Path) -> Home:
    """A ledger of four invoice bases."""
    return copied(tmp_path / "home", written)
