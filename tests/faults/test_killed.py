"""kill -9 at any moment, then a normal run: as if nothing had happened."""

import random
import shutil
import signal
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from lus_assets.core.home import Home
from tests.faults.conftest import Undisturbed
from tests.faults.forks import Forks
from tests.promises import Figure

FORTNIGHT = 14


@pytest.mark.promise(
    "A run that is killed at any moment loses and doubles nothing",
    area="Faults",
    how="Runs over a fortnight of deliveries, a day more at a time, then of all of it with release,"
    " are ended by kill -9 at random moments; then one normal run: marts by hash and every release"
    " by byte as undisturbed",
)
@pytest.mark.slow
@pytest.mark.parametrize(("seed", "kills"), [(1, 2), *((seed, 30) for seed in range(2, 9))])
def test_after_kills_at_any_moment_a_normal_run_makes_the_same_marts(
    seed: int,
    kills: int,
    undisturbed: Undisturbed,
    forks: Forks,
    tmp_path: Path,
    figures: dict[str, Figure],
) -> None:
    rng = random.Random(seed)  # noqa: S311 - reproducible, not secret
    home, landing = Home(tmp_path / "home"), tmp_path / "landing"
    whole = undisturbed.options(home)
    growing = part_of(whole, landing)
    hit = runs = 0
    while hit < kills:
        days_left = FORTNIGHT - (2 * FORTNIGHT * hit) // kills
        deliver(undisturbed.landing, landing, str(undisturbed.as_of - timedelta(days=days_left)))
        hit += kill_at_random(growing if days_left > 0 else whole, forks, undisturbed.seconds, rng)
        runs += 1
        assert runs <= 10 * kills, f"{runs - hit} of {runs} runs were over before their kill"
    assert forks.run(*whole) == 0, forks.said()
    assert undisturbed.differences(home) == []
    figures["kills"] = hit


def part_of(whole: tuple[object, ...], landing: Path) -> list[object]:
    """The run before all is delivered: no release, which would rightly be a version of its own."""
    options = [*whole]
    options[options.index("--landing") + 1] = landing
    options[options.index("--through") + 1] = "marts"
    return options


def deliver(whole: Path, landing: Path, until: str) -> None:
    """Copy what was delivered up to a day; a day's folder is named by its date."""
    for folder in sorted(whole.glob("*/*")):
        target = landing / folder.relative_to(whole)
        if folder.name <= until and not target.exists():
            shutil.copytree(folder, target)


def kill_at_random(
    options: Sequence[object], forks: Forks, seconds: float, rng: random.Random
) -> bool:
    """Kill a run at some moment of the time that a whole one takes; was it still running?"""
    run = forks.start(*options)
    time.sleep(rng.uniform(0, seconds))
    forks.send(run, signal.SIGKILL)
    return forks.ended() == -signal.SIGKILL
