"""Many bases are made by several processes: the same bytes and errors, and none left behind."""

import copy
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lus_assets.core import processes
from lus_assets.core.errors import InvoiceRefusedError, LusError
from lus_assets.core.home import Home
from lus_assets.invoicing.issuing import rendering
from lus_assets.invoicing.issuing.rendering import Rendered, render_all
from lus_assets.warehouse.project import ROOT
from tests.unit.invoicing.issuing.bases import build, contents, entries, issue
from tests.unit.publishing.tiny_marts import due_line, municipality_month

CODES = ("0110", "0114", "0180")
LEFT_ALONE = """
import time
from pathlib import Path
from lus_assets.core import processes
from lus_assets.invoicing.issuing import rendering
def sleep(base):
    Path(__file__).with_name("begun").touch()
    time.sleep(600)
rendering.WORTH_PROCESSES = 1
processes.os.sched_getaffinity = lambda _: {0, 1}
rendering._files = sleep
if __name__ == "__main__":
    rendering.render_all([1] * 8)
"""


def issued_in(root: Path, *, processes: bool, patch: pytest.MonkeyPatch) -> Home:
    home = Home(root)
    build(home, [municipality_month(code) for code in CODES], [due_line(c, "3") for c in CODES])
    with patch.context() as here:
        if processes:
            here.setattr(rendering, "WORTH_PROCESSES", 2)
            here.setattr(os, "sched_getaffinity", lambda _: {0, 1})
        assert issue(home).count("issued") == len(CODES)
    return home


def test_processes_make_the_same_bases_in_the_same_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[object] = []
    pool = processes.ProcessPoolExecutor
    monkeypatch.setattr(
        processes, "ProcessPoolExecutor", lambda *a, **k: started.append(a) or pool(*a, **k)
    )
    one = issued_in(tmp_path / "one", processes=False, patch=monkeypatch)
    assert not started
    many = issued_in(tmp_path / "many", processes=True, patch=monkeypatch)
    assert len(started) == 1
    assert [each.entry_hash for each in entries(many)] == [e.entry_hash for e in entries(one)]
    bytes_of = [
        {name: data for name, data in contents(home.published).items() if "recorded" not in name}
        for home in (one, many)
    ]
    assert bytes_of[0] == bytes_of[1] != {}


def test_what_fails_in_a_process_says_the_same_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendering, "WORTH_PROCESSES", 1)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    with pytest.raises(KeyError, match="invoice_base_id"):
        render_all([Rendered("invoice", {"number": "1"}, {}, {})])


def test_an_error_passes_between_processes_whole() -> None:
    error = copy.copy(InvoiceRefusedError("a", where="b", todo="c"))
    assert (type(error), error.what, error.where, error.todo) == (
        InvoiceRefusedError,
        "a",
        "b",
        "c",
    )
    assert str(error) == str(LusError("a", where="b", todo="c"))


@pytest.mark.slow
def test_a_process_that_is_ended_is_told_in_words(tmp_path: Path) -> None:
    script = tmp_path / "ended.py"
    script.write_text(LEFT_ALONE.replace("time.sleep(600)", "processes.os._exit(9)"))
    ended = subprocess.run(
        [sys.executable, script],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert "LusError: a process that made the files of bases was ended" in ended.stderr


@pytest.mark.slow
def test_killed_it_leaves_no_process_behind(tmp_path: Path) -> None:
    script = tmp_path / "left_alone.py"
    script.write_text(LEFT_ALONE, encoding="utf-8")
    parent = subprocess.Popen([sys.executable, script], env={**os.environ, "PYTHONPATH": str(ROOT)})
    try:
        # two workers, and Python's own process that watches what they share
        when(lambda: len(children_of(parent.pid)) >= 3)
        children = children_of(parent.pid)
        when((tmp_path / "begun").exists)
    finally:
        parent.kill()
        parent.wait()
    when(lambda: not any(is_alive(pid) for pid in children))


def children_of(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return [int(each) for each in text.split()]


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def when(is_so: Callable[[], bool]) -> None:
    """Go on when it is so; it never being so is the test's failure, not its slowness."""
    until = time.monotonic() + 120
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.1)
