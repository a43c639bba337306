"""A command's wall time, CPU time and peak memory, measured from outside.

CPU is what the kernel counted for the child and its children. Peak memory is sampled from /proc:
the highest VmHWM of the process (ru_maxrss would count the parent's own memory at the fork), or the
highest sum of what it and the processes below it held at a time, if that is more.
"""

import os
import statistics
import subprocess
import sys
import time
import timeit
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = "docs/bench.md"
KEY = "for benchmarks only: simulated persons"
_SAMPLE_SECONDS = 0.02
_PER_TREE = 10
"""Samples of the process for one of those below it, which costs more."""


@dataclass(frozen=True)
class Cost:
    """What one command cost."""

    wall: float
    cpu: float
    peak_mib: float


class CommandFailedError(RuntimeError):
    """A measured command did not end with status 0; its last words are the text."""


def environment() -> dict[str, str]:
    """The children's environment: this tree's code, a key of the bench's own, no telemetry.

    Ten years begin before the act did.
    """
    own = {"PYTHONPATH": str(ROOT), "LUS_PSEUDONYM_KEY": KEY, "DO_NOT_TRACK": "1"}
    own["LUS_FIRST_DAY"] = "2017-01-01"
    return {**os.environ, **own}


def python(*arguments: object) -> list[str]:
    """A command line of this interpreter."""
    return [sys.executable, *(str(each) for each in arguments)]


def lus(*arguments: object) -> list[str]:
    """The command `lus`, started as its script in .venv/bin does."""
    return python("-c", "from orchestration.cli import main; main()", *arguments)


def run(
    command: Sequence[str], *, stdout_to: Path | None = None, stderr_to: Path | None = None
) -> Cost:
    """Run a command to its end and measure it; what it says is left out, or goes to a file.

    Raises:
        CommandFailedError: its exit status is not 0.
    """
    nowhere = Path(os.devnull)
    started = time.perf_counter()
    with (stdout_to or nowhere).open("wb") as out, (stderr_to or nowhere).open("wb") as errors:
        child = subprocess.Popen(
            command,
            env=environment(),
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=errors if stderr_to else subprocess.PIPE,
        )
        return _watch(child, command, started)


def _watch(child: subprocess.Popen[bytes], command: Sequence[str], started: float) -> Cost:
    peak_kib = turns = 0
    said = b""
    if child.stderr:
        os.set_blocking(child.stderr.fileno(), False)
    while True:
        peak_kib = max(peak_kib, kib_of(child.pid, "VmHWM"))
        if turns % _PER_TREE == 0 and (below := _below(child.pid)):
            peak_kib = max(peak_kib, sum(kib_of(pid, "VmRSS") for pid in (child.pid, *below)))
        turns += 1
        said = (said + ((child.stderr.read() if child.stderr else b"") or b""))[-4000:]
        pid, status, usage = os.wait4(child.pid, os.WNOHANG)
        if pid:
            break
        time.sleep(_SAMPLE_SECONDS)
    wall = time.perf_counter() - started
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.stderr:
        said += child.stderr.read() or b""
        child.stderr.close()
    if child.returncode:
        text = said.decode(errors="replace")[-4000:]
        raise CommandFailedError(f"{' '.join(command[:6])} … failed:\n{text}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, peak_kib / 1024)


def kib_of(pid: int, figure: str) -> int:
    """A figure of memory that the kernel has of a process, such as `VmHWM`; 0 when it has ended."""
    try:
        # bytes: no codec is imported for it, and a clock on imports may ask
        text = Path(f"/proc/{pid}/status").read_bytes()
    except OSError:
        return 0
    lines = [line for line in text.splitlines() if line.startswith(figure.encode())]
    return int(lines[0].split()[1]) if lines else 0


def _below(pid: int) -> list[int]:
    """The processes that a process started, and those that these did."""
    found: list[int] = []
    try:
        for thread in Path(f"/proc/{pid}/task").iterdir():
            found += map(int, (thread / "children").read_text(encoding="ascii").split())
    except OSError:  # it has ended
        return found
    return [*found, *(each for child in found for each in _below(child))]


def median(costs: Sequence[Cost]) -> Cost:
    """The median of each figure by itself."""
    return Cost(
        statistics.median(each.wall for each in costs),
        statistics.median(each.cpu for each in costs),
        statistics.median(each.peak_mib for each in costs),
    )


def machine_speed() -> str:
    """A sentence by which figures of other days and machines can be held against each other."""
    counting = timeit.timeit("for each in range(10_000_000): pass", number=1)
    filling = timeit.timeit("{each: str(each) for each in range(1_000_000)}", number=1)
    return (
        f"Python counted to ten million in {counting:.2f} s"
        f"\nand filled a dictionary with a million texts in {filling:.2f} s."
    )


def with_commit() -> str:
    """Which code was measured, in words; empty where that is not known."""

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(ROOT), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()

    commit = git("rev-parse", "--short", "HEAD")
    # the page itself is what a measurement changes
    is_changed = git("status", "--porcelain", "--untracked-files=no", "--", ".", f":!{PAGE}")
    return f", of commit {commit}{' and changes' if is_changed else ''}" if commit else ""
