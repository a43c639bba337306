"""A small nasty landing area, and what an undisturbed run makes of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from time import monotonic

import pytest

from lus_assets.core.home import Home
from lus_assets.publishing.marts import marts_hash
from tests.conftest import KEY
from tests.faults.forks import Forks
from tests.oracle.landing_strategy import nasty_landing

SEED = 17
HALF_MADE = {".wal", ".tmp", ".writing"}


@dataclass(frozen=True)
class Undisturbed:
    """A landing area, how it is run, and what a run without a fault makes of it.

    seconds: that the run took. home: as it left it, to be copied.
    """

    landing: Path
    as_of: date
    hash: str
    statistics: dict[str, bytes]
    seconds: float
    home: Home

    def options(self, home: Home) -> tuple[object, ...]:
        """Arguments of `lus` for the same run on another home."""
        return (
            *("run", "--landing", self.landing, "--home", home.root, "--as-of", self.as_of),
            *("--month", f"{self.as_of:%Y-%m}", "--through", "statistics"),
        )

    def differences(self, home: Home) -> list[str]:
        """What of its marts and releases the home has otherwise, and what lies half-made in it."""
        mine, theirs = self.statistics, statistics(home)
        return [
            *(["the snapshot"] if snapshot_hash(home) != self.hash else []),
            *sorted(name for name in mine | theirs if mine.get(name) != theirs.get(name)),
            *(str(path) for path in home.root.rglob("*") if path.suffix in HALF_MADE),
            *(str(path) for path in (home.published / ".building").glob("*")),
        ]


def snapshot_hash(home: Home) -> str:
    """The hash of the marts that BI reads."""
    return marts_hash(home.published / "bi" / "lus.duckdb")


def statistics(home: Home) -> dict[str, bytes]:
    """The releases, without the clock that is recorded beside them."""
    folder = home.published / "statistics"
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "recorded.json"
    }


@pytest.fixture(scope="package")
def forks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forks]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LUS_PSEUDONYM_KEY", KEY)
        with Forks(tmp_path_factory.mktemp("forks") / "said") as started:
            yield started


@pytest.fixture(scope="package")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, forks: Forks) -> Undisturbed:
    root = tmp_path_factory.mktemp("undisturbed")
    nasty = nasty_landing(SEED, "01")
    nasty.write_landing(root / "landing")
    home = Home(root / "home")
    made = Undisturbed(root / "landing", nasty.as_of, "", {}, 0.0, home)
    began = monotonic()
    assert forks.run(*made.options(home)) == 0, forks.said()
    took = monotonic() - began
    return Undisturbed(made.landing, made.as_of, snapshot_hash(home), statistics(home), took, home)
