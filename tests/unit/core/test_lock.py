"""The writer lock: one process at a time, by name, and never longer than it lives."""

import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lus_assets.core import lock
from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.core.lock import hold_daemon_lock, holder, writer_lock

HOLD = """
import sys
from pathlib import Path
from lus_assets.core.home import Home
from lus_assets.core.lock import writer_lock
with writer_lock(Home(Path(sys.argv[1]))):
    print("held", flush=True)
    sys.stdin.read()
"""


BECOME = """
import os, sys
from pathlib import Path
from lus_assets.core.home import Home
from lus_assets.core.lock import hold_daemon_lock
hold_daemon_lock(Home(Path(sys.argv[1])).prepare())
os.execvp("sh", ["sh", "-c", "echo held; cat"])
"""


@contextmanager
def held_by_another_process(root: Path, code: str = HOLD) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the lock until the block ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(root)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_a_second_process_is_refused_and_told_who_holds_the_lock(tmp_path: Path) -> None:
    with (
        held_by_another_process(tmp_path) as holder,
        pytest.raises(LusError, match=rf"process {holder.pid}\)"),
        writer_lock(Home(tmp_path)),
    ):
        pytest.fail("two writers at once")


def test_who_only_looks_stops_no_writer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Home(tmp_path)
    with writer_lock(home):
        pass
    # as a look does; it is over while the writer waits to try again
    descriptor = os.open(home.lock, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    monkeypatch.setattr(lock.time, "sleep", lambda _: os.close(descriptor))
    with writer_lock(home):
        assert holder(Home(tmp_path)) == str(os.getpid())
    assert holder(home) is None


def test_another_home_is_not_locked(tmp_path: Path) -> None:
    with held_by_another_process(tmp_path / "one"), writer_lock(Home(tmp_path / "other")):
        assert (tmp_path / "other" / "writer.lock").read_text() == str(os.getpid())


def test_the_process_that_holds_it_may_take_it_again_and_keeps_it(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with writer_lock(home):
        with writer_lock(home):
            pass
        other = subprocess.run(
            [sys.executable, "-c", HOLD, str(tmp_path)],
            input="",
            capture_output=True,
            text=True,
            check=False,
        )
    assert "held" not in other.stdout
    assert f"process {os.getpid()}" in other.stderr


def test_a_killed_holder_leaves_no_lock(tmp_path: Path) -> None:
    with held_by_another_process(tmp_path) as holder:
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait()
        with writer_lock(Home(tmp_path)):
            assert (tmp_path / "writer.lock").read_text() == str(os.getpid())


def test_a_failure_inside_frees_the_lock(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="inside"), writer_lock(Home(tmp_path)):
        raise ValueError("inside")
    with held_by_another_process(tmp_path):
        pass


def test_who_runs_schedules_does_so_alone_whatever_program_it_turns_into(tmp_path: Path) -> None:
    home = Home(tmp_path).prepare()
    with (
        held_by_another_process(tmp_path, BECOME) as holder,
        pytest.raises(LusError, match=rf"already \(process {holder.pid}\)"),
    ):
        hold_daemon_lock(home)
    hold_daemon_lock(home)
    with writer_lock(home):  # a run of the daemon's is another lock
        pass
