"""An issue as a process of its own, that can be killed; started without the seconds of imports.

The processes are forks of a server that has imported what they need and done nothing else.
"""

import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from contextlib import nullcontext
from datetime import date
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import lus_assets.publishing.workbook  # noqa: F401 - imported once, by the server
from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.core.lock import writer_lock
from lus_assets.invoicing.issuing.invoice_bases import issue_invoice_bases
from lus_assets.invoicing.issuing.issue import complete
from lus_assets.invoicing.issuing.outcome import IssueReport
from lus_assets.invoicing.issuing.review_bases import issue_review_bases

ACTS: dict[str, Callable[[Home, date, date], IssueReport]] = {
    "review": issue_review_bases,
    "invoice": issue_invoice_bases,
}
_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload([__name__])


class Issuing:
    """A running process that issues. It says `holds`, when it has the lock, and how it ended."""

    def __init__(self, home: Home, kind: str, month: date, as_of: date, **how: bool) -> None:
        """how: see _issue; by default it begins at once and takes the lock."""
        self._here, there = _SERVER.Pipe()
        self._process = _SERVER.Process(
            target=_issue, args=(there, str(home.root), kind, month, as_of), kwargs=how
        )
        self._process.start()
        there.close()
        assert self.hear() == "ready"

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def say(self, word: str) -> None:
        """Let it go on."""
        self._here.send(word)

    def hear(self) -> str:
        """Its next word."""
        return self._here.recv()

    def end(self) -> str:
        """How it ended: what became of the bases, or the error."""
        said = self.hear()
        self._process.join()
        assert self._process.exitcode == 0
        return said

    def kill_after(self, seconds: float) -> bool:
        """Kill -9 after some seconds; was it still running?"""
        time.sleep(seconds)
        was_running = self._process.is_alive()
        if was_running:
            os.kill(self.pid, signal.SIGKILL)
        self._process.join()
        return was_running


def _issue(
    told: Connection,
    root: str,
    kind: str,
    month: date,
    as_of: date,
    *,
    waits: bool = False,
    holds: bool = False,
    is_locked: bool = True,
) -> None:
    """waits: for a word before it begins; holds: for one while it has the lock."""
    home = Home(Path(root))
    told.send("ready")
    if waits:
        told.recv()
    try:
        with writer_lock(home) if is_locked else nullcontext():
            if holds:
                told.send("holds")
                told.recv()
            complete(home)
            told.send(_summary(ACTS[kind](home, month, as_of)))
    except LusError as error:
        told.send(str(error))


def _summary(report: IssueReport) -> Any:
    return " ".join(sorted({each.status for each in report.outcomes}))
