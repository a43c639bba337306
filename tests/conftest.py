"""Every test has a pseudonym key, and no library reports its use."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import settings

from lus_assets.core.garbage import collect_seldom

collect_seldom()
# Hypothesis' own profile for machines of any speed: no deadlines, the same examples every time
settings.load_profile("ci")
pytest_plugins = ["tests.promises"]

_BROKEN_OFF = "not run to its end: the time is over"
_AGAIN = 10.0
"""Seconds. A library may take what breaks a test off for an error of its own, and go on."""
KEY = "tests only: thirty-two characters or more"


@pytest.fixture(scope="session", autouse=True)
def _surroundings() -> Iterator[None]:
    """For fixtures of a module or session; a test gets its own below."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LUS_PSEUDONYM_KEY", KEY)
        patch.setenv("DO_NOT_TRACK", "1")
        yield


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUS_PSEUDONYM_KEY", KEY)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--until",
        type=float,
        help="Seconds since 1970; tests that are not over by then are told as not run.",
    )


@contextmanager
def _in_time(item: pytest.Item) -> Iterator[None]:
    """What is over time is told as not run, and breaks off; fixtures are cleaned up as always."""
    until = item.config.getoption("--until")
    left = 0 if until is None else until - time.time()
    if until is not None and left <= 0:
        pytest.skip("not run: the time is over")

    over = False

    def time_is_over(*_: object) -> None:
        nonlocal over
        over = True
        pytest.skip(_BROKEN_OFF)

    before = signal.signal(signal.SIGALRM, time_is_over)
    signal.setitimer(signal.ITIMER_REAL, left, _AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if over:  # whatever became of it: Dagster takes what is raised in a step for its failure
            pytest.skip(_BROKEN_OFF)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    with _in_time(item):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    with _in_time(item):
        return (yield)
