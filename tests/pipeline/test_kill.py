"""kill -9 at any moment, then a normal run: as if nothing had happened."""

import os
import random
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from lus_assets.core.home import Home
from lus_assets.publishing.marts import marts_hash
from tests.oracle.landing_strategy import nasty_landing
from tests.pipeline.command import lus_here, start_lus

SEED = 17
PHASES = ("ingest:", "statistics: as known")
"""What `lus run` says when it begins to ingest, and when it begins to build."""
LONGEST = {"ingest:": 4.0, "statistics: as known": 14.0}
"""Seconds after that word within which a run is killed; a run that is over by then was whole."""


@dataclass(frozen=True)
class Undisturbed:
    """A landing area, how it is run, and what a run without a kill makes of it."""

    landing: Path
    options: tuple[object, ...]
    hash: str
    statistics: dict[str, bytes]


def statistics(home: Home) -> dict[str, bytes]:
    """The releases, without the clock that is recorded beside them."""
    folder = home.published / "statistics"
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "recorded.json"
    }


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    root = tmp_path_factory.mktemp("kill")
    nasty = nasty_landing(SEED, "01")
    nasty.write_landing(root / "landing")
    options = ("--landing", root / "landing", "--month", f"{nasty.as_of:%Y-%m}")
    options += ("--as-of", nasty.as_of, "--through", "statistics")
    home = Home(root / "home")
    ran = lus_here("run", *options, "--home", home.root)
    assert ran.status == 0, ran.err
    bi = home.published / "bi" / "lus.duckdb"
    return Undisturbed(root / "landing", options, marts_hash(bi), statistics(home))


@pytest.mark.parametrize(
    ("seed", "kills"),
    [(1, 2), *(pytest.param(seed, 6, marks=pytest.mark.slow) for seed in (2, 3))],
)
def test_after_kills_at_any_moment_a_normal_run_makes_the_same_marts(
    seed: int, kills: int, undisturbed: Undisturbed, tmp_path: Path
) -> None:
    home = Home(tmp_path / "home")
    rng = random.Random(seed)  # noqa: S311 - reproducible, not secret
    run = ("run", *undisturbed.options, "--home", home.root)
    killed = [kill_at_random(run, PHASES[n % 2], rng) for n in range(kills)]
    assert any(killed), "every run was over before its kill"
    ended = lus_here(*run)
    assert ended.status == 0, ended.err
    assert marts_hash(home.published / "bi" / "lus.duckdb") == undisturbed.hash
    assert statistics(home) == undisturbed.statistics
    left = [path for path in home.root.rglob("*") if path.suffix in {".wal", ".tmp", ".partial"}]
    assert left == []
    assert not list((home.published / ".building").glob("*"))


def kill_at_random(run: tuple[object, ...], phase: str, rng: random.Random) -> bool:
    """Kill a run some time after it says that a phase begins; was it still running?"""
    process = start_lus(*run)
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith(phase):
            break
    time.sleep(rng.uniform(0, LONGEST[phase]))
    was_running = process.poll() is None
    if was_running:
        os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    return was_running
