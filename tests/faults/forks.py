"""`lus` many times over, from one process that has imported everything: 8 s less a run.

Each run is a process of its own, forked before anything is opened, and can be killed as one.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Self

from lus_assets.warehouse.project import ROOT

_WARM = (
    *("dagster", "dagster_dbt", "dbt.cli.main", "dbt.adapters.duckdb.connections", "duckdb"),
    *("great_expectations", "matplotlib", "openpyxl", "pandas", "pyarrow.parquet", "xlsxwriter"),
)


class Forks:
    """Starts runs one at a time: `start`, perhaps a kill of `pid`, then `ended`."""

    def __init__(self, log: Path) -> None:
        """log: where the runs' words go, of the last run only."""
        self._log = log
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.forks", str(log)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._answer() == "ready"

    def start(self, *arguments: object) -> int:
        """Begin `lus` with these arguments; its process id."""
        assert self._server.stdin is not None
        self._server.stdin.write(json.dumps([str(each) for each in arguments]) + "\n")
        self._server.stdin.flush()
        return int(self._answer())

    def send(self, run: int, number: signal.Signals) -> None:
        """Send a run a signal, unless it has ended by now."""
        with suppress(ProcessLookupError):
            os.kill(run, number)

    def ended(self) -> int:
        """Wait for the run; its exit status, negative when a signal ended it."""
        return int(self._answer())

    def run(self, *arguments: object) -> int:
        """A run to its end."""
        self.start(*arguments)
        return self.ended()

    def said(self) -> str:
        """What the last run wrote to both streams."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def _answer(self) -> str:
        assert self._server.stdout is not None
        return self._server.stdout.readline().strip()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._server.stdin is not None
        self._server.stdin.close()
        self._server.wait()


def _run(main: Callable[[], None]) -> None:
    """Without the interpreter's own end: there libraries wait for threads left in the parent."""
    status: object = 0
    try:
        main()
    except SystemExit as ended:
        status = ended.code
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(int(str(status or 0)))


def _serve(log: Path) -> None:
    from importlib import import_module

    for name in _WARM:
        import_module(name)
    from orchestration.cli import main

    answers = os.fdopen(os.dup(1), "w")
    print("ready", file=answers, flush=True)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            sys.argv = ["lus", *json.loads(line)]
            written = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            os.dup2(written, 1)
            os.dup2(written, 2)
            os.close(0)
            _run(main)
        print(child, file=answers, flush=True)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), file=answers, flush=True)


if __name__ == "__main__":
    _serve(Path(sys.argv[1]))
