"""Every test has a pseudonym key, and no library reports its use."""

from collections.abc import Iterator

import pytest

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
