"""How far long work is: said seldom, and where Dagster runs it, kept with the step."""

import logging
from types import SimpleNamespace

import dagster as dg
import pytest

from lus_assets.core import progress
from lus_assets.core.progress import Progress


def test_what_is_over_soon_says_nothing(caplog: pytest.LogCaptureFixture) -> None:
    files = Progress("files read")
    for number in range(1, 1_001):
        files.at(number, 1_000)
    assert caplog.records == []


def test_a_line_is_said_every_ten_seconds(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter([0.0, 4.0, 10.0, 19.9, 20.0])
    monkeypatch.setattr(progress, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    models = Progress("models built")
    for number, name in enumerate("abcd", start=1):
        models.at(number, 4, name)
    assert caplog.messages == ["models built: 2 of 4, b", "models built: 4 of 4, d"]
    assert {each.levelno for each in caplog.records} == {logging.INFO}


def test_dagster_keeps_it_with_the_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "EVERY", 0.0)

    @dg.asset
    def built() -> None:
        Progress("models built").at(1, 2, "dim_snapshot")

    with dg.DagsterInstance.ephemeral() as instance:
        run = dg.materialize([built], instance=instance)
        said = [
            each.step_key
            for each in instance.all_logs(run.run_id)
            if each.user_message == "models built: 1 of 2, dim_snapshot"
        ]
    assert said == ["built"]
