"""What of Spark can be tested without it; with it: tests/spark."""

import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.core.settings import Settings
from lus_assets.privacy.vault import VaultRows, write
from lus_assets.warehouse.build import build_marts
from lus_assets.warehouse.prepare import prepare
from lus_assets.warehouse.project import ROOT
from lus_assets.warehouse.spark import PYTHON_VARIABLE

ON_SPARK = Settings(engine="spark", spark_master="spark://127.0.0.1:1")


def versions(lock: str) -> dict[str, str]:
    text = (ROOT / lock).read_text(encoding="utf-8")
    return dict(re.findall(r"^([\w.-]+)==(\S+)", text, flags=re.MULTILINE))


def test_what_suppresses_small_numbers_is_of_the_same_versions_in_both_environments() -> None:
    ours, sparks = versions("requirements.lock"), versions("requirements-spark.lock")
    for name in ("numpy", "scipy", "highspy", "dbt-core"):
        assert ours[name] == sparks[name], name


def test_without_its_environment_spark_says_how_to_make_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PYTHON_VARIABLE, str(tmp_path / "none"))
    with pytest.raises(LusError, match="environment of Spark is not there") as refusal:
        build_marts(Home(tmp_path), ON_SPARK)
    assert "make spark-env" in refusal.value.todo


def test_a_cluster_that_cannot_be_used_is_an_error_that_names_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = tmp_path / "python"
    failing.write_text('#!/bin/sh\necho "$@"\nexit 1\n', encoding="utf-8")
    failing.chmod(0o755)
    monkeypatch.setenv(PYTHON_VARIABLE, str(failing))
    home = Home(tmp_path / "home").prepare()
    write(home, VaultRows())
    prepare(home, date(2024, 3, 1), ON_SPARK)
    with pytest.raises(LusError, match="Spark could not build") as refusal:
        build_marts(home, ON_SPARK)
    log = Path(refusal.value.where)
    assert log.read_text(encoding="utf-8").startswith("-m spark.build ")
    # pseudonyms and ages
    assert not (home.spark / "lake").exists()


def test_spark_ends_with_the_run_that_asked_when_that_is_killed() -> None:
    """A run is killed while its child is at work: who reads the child's output sees its end."""
    child = "import time; from spark.parent import end_with; end_with(0);"
    child += " print('at work', flush=True); time.sleep(60); print('still there')"
    asked = "import subprocess, sys;"
    asked += f" it = subprocess.Popen([sys.executable, '-c', {child!r}], stdin=subprocess.PIPE);"
    asked += " it.wait()"
    run = subprocess.Popen([sys.executable, "-c", asked], cwd=ROOT, stdout=subprocess.PIPE)
    assert run.stdout
    assert run.stdout.readline() == b"at work\n"
    # not waited for: it is a zombie, as in a container whose first process reaps nobody
    run.kill()
    # all that the child says until its end, which it comes to by itself after a minute
    assert run.stdout.read() == b""
    run.wait()
    run.stdout.close()
