"""A run tells how far its long work is: in the terminal, and kept with the run for the UI."""

import re
from datetime import date
from pathlib import Path

import dagster as dg
import pytest

from lus_assets.core import progress
from lus_assets.core.home import Home
from lus_assets.simulation import simulate
from orchestration.cli import AsSaid
from orchestration.runner import dagster_home
from tests.pipeline.command import lus_here

COUNTED = ("files read", "files checked, stays", "models built", "data tests")


def test_every_long_part_of_a_run_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(progress, "EVERY", 0.0)
    for name in ("DAGSTER_HOME", "LUS_DAGSTER_STORAGE"):
        monkeypatch.setenv(name, "replaced by dagster_home")
    landing, home = tmp_path / "landing", Home(tmp_path / "home")
    simulate(landing, date(2024, 1, 1), date(2024, 1, 3), population=5_000)
    ran = lus_here(
        *("run", "--landing", landing, "--home", home.root),
        *("--month", "2024-01", "--through", "marts"),
    )
    assert ran.status == 0, ran.err
    dagster_home(home)
    with dg.DagsterInstance.get() as instance:
        runs = [run.run_id for run in instance.get_runs()]
        kept = {each.user_message for run_id in runs for each in instance.all_logs(run_id)}
    shown = {AsSaid().format(each).strip() for each in caplog.records}
    for told in (kept, shown):
        for what in COUNTED:
            lines = [each.removeprefix(f"{what}: ") for each in told if each.startswith(what)]
            counts = [tuple(map(int, re.findall(r"\d+", each)[:2])) for each in lines]
            done, total = max(counts)
            assert done == total > 1, what
        assert "tables in the BI snapshot: 32 of 32, rpt_yearly_follow_up" in told
