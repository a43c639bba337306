"""What Dagster remembers of runs: what may go of it."""

from datetime import date, timedelta
from functools import partial
from pathlib import Path

import dagster as dg
import pytest

from lus_assets.core.home import Home
from lus_assets.operations.dispose import dispose
from orchestration.runner import dagster_home
from orchestration.runs import old_runs


def test_old_runs_go_but_the_newest_of_each_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DAGSTER_HOME", "LUS_DAGSTER_STORAGE"):
        monkeypatch.setenv(name, "replaced by dagster_home")
    home = Home(tmp_path).prepare()
    (home.region / "settings.toml").write_text("[retention]\nruns = 30\n")
    dagster_home(home)

    @dg.job(name="morning")
    def a_job() -> None: ...

    with dg.DagsterInstance.get() as instance:
        for _ in range(3):
            assert a_job.execute_in_process(instance=instance).success
        later = date.today() + timedelta(days=40)  # noqa: DTZ011 - Dagster's runs are of now
        done = dispose(home, None, later, partial(old_runs, instance), is_dry_run=False)
        assert [each.count for each in done] == [2]
        assert len(instance.get_runs()) == 1
