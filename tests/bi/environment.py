"""Programs in an environment of their own, where they need other versions than the project's."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

UV = Path(sys.executable).with_name("uv")


@contextmanager
def environment(*packages: str, before: str | None = None) -> Iterator[Path]:
    """The folder of programs of a new environment with these packages, gone at the end.

    before: packages as they were on that day (YYYY-MM-DD). What cannot be installed is told as
    not run.
    """
    uv = shutil.which("uv") or str(UV)
    folder = Path(tempfile.mkdtemp(prefix="lus-client-"))
    age = ["--exclude-newer", before] if before else []
    try:
        subprocess.run([uv, "venv", "-q", "--python", sys.executable, folder / "it"], check=True)
        python = folder / "it/bin/python"
        installed = subprocess.run(
            [uv, "pip", "install", "-q", "--python", python, *age, *packages], check=False
        )
        if installed.returncode:
            pytest.skip(f"not run: {', '.join(packages)} cannot be installed here")
        yield python.parent
    finally:
        shutil.rmtree(folder, ignore_errors=True)
