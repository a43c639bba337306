"""What the hour leaves out is told as not run: never as passed, and a failure stays one."""

import os
import subprocess
import sys
import time
from pathlib import Path

from lus_assets.warehouse.project import ROOT

TESTS = """
import time, pytest
def test_fails(): assert False
def test_passes(request): request.config.option.until = time.time() + 1
@pytest.fixture(scope="module")
def slow():
    try: time.sleep(20)
    except BaseException: raise RuntimeError("the step failed")  # as Dagster does
def test_is_broken_off_in_its_fixture(slow): raise AssertionError("never run")
def test_has_the_same_fixture(slow): raise AssertionError("never run")
def test_comes_too_late(): raise AssertionError("never run")
"""
DEAF = """
import time, pytest
def test_passes(request): request.config.option.until = time.time() + 1
def test_takes_it_for_an_error_of_its_own():
    try: time.sleep(20)
    except BaseException: time.sleep(600)
"""


def run(tmp_path: Path, tests: str) -> subprocess.CompletedProcess[str]:
    conftest = (ROOT / "tests" / "conftest.py").read_text(encoding="utf-8")
    (tmp_path / "conftest.py").write_text(conftest, encoding="utf-8")
    (tmp_path / "test_it.py").write_text(tests, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-v", "-rs", "--rootdir", str(tmp_path)]
    return subprocess.run(
        [*command, "-p", "no:cacheprovider", "--until", str(time.time() + 3600), str(tmp_path)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_what_does_not_fit_is_told_as_not_run_and_what_failed_fails(tmp_path: Path) -> None:
    ended = run(tmp_path, TESTS)
    assert ended.returncode == 1
    assert "1 failed, 1 passed, 3 skipped" in ended.stdout
    assert "not run: the time is over" in ended.stdout
    assert "not run to its end: the time is over" in ended.stdout


def test_who_does_not_listen_is_told_again(tmp_path: Path) -> None:
    """CI once waited for a test that went on until everything was ended from outside."""
    ended = run(tmp_path, DEAF)
    assert ended.returncode == 0
    assert "1 passed, 1 skipped" in ended.stdout
    assert "not run to its end: the time is over" in ended.stdout
