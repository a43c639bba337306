"""Every test has a pseudonym key of its own, and no network."""

import os

import pytest

KEY = "tests only: thirty-two characters or more"


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUS_PSEUDONYM_KEY", KEY)
    monkeypatch.setenv("DO_NOT_TRACK", "1")
    os.environ.setdefault("PYTHONHASHSEED", "0")
