"""The command `lus`, as a process of its own and in this one."""

import contextlib
import io
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from lus_assets.warehouse.project import ROOT
from orchestration.cli import main

LUS = Path(sys.executable).with_name("lus")


@dataclass(frozen=True)
class Said:
    """How a command ended and what it said."""

    status: int
    out: str
    err: str


def start_lus(*arguments: object, **environment: str | None) -> subprocess.Popen[str]:
    """`lus` as a process; an environment variable that is None is taken away."""
    surroundings = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    return subprocess.Popen(
        [str(LUS), *map(str, arguments)],
        env={name: value for name, value in surroundings.items() if value is not None},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def lus(*arguments: object, **environment: str | None) -> Said:
    """`lus` as a process, to its end."""
    process = start_lus(*arguments, **environment)
    out, err = process.communicate()
    return Said(process.returncode, out, err)


def lus_here(*arguments: object) -> Said:
    """The same command in this process: it saves the seconds of the imports."""
    out, err = io.StringIO(), io.StringIO()
    status: int | str | None = 0
    with (
        mock.patch.object(sys, "argv", ["lus", *map(str, arguments)]),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as ended:
            status = ended.code
    return Said(int(status or 0), out.getvalue(), err.getvalue())
