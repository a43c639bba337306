"""One writer to a home, and one daemon: operating system locks that end with who holds them."""

import fcntl
import os
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from lus_assets.core import swap
from lus_assets.core.errors import LusError
from lus_assets.core.home import Home

_held: set[str] = set()
_TRIES, _LOOK_SECONDS = 5, 0.05
"""Who only looks whether a lock is held shares it for a moment."""


def holder(home: Home) -> str | None:
    """The process that holds the home's writer lock, None: nobody. Changes nothing."""
    if not home.lock.exists():
        return None
    descriptor = os.open(home.lock, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _named(descriptor)
    finally:
        os.close(descriptor)
    return None


@contextmanager
def writer_lock(home: Home) -> Generator[None]:
    """Hold the home's writer lock; a process that holds it may take it again.

    A replacement of folders that a killed process had decided is finished first (swap.py).

    Raises:
        LusError: another process holds it; the error names that process.
    """
    name = str(home.lock.resolve())
    if name in _held:
        yield
        return
    home.root.mkdir(parents=True, exist_ok=True)
    descriptor = _taken(
        home.lock,
        "another run is writing to this home",
        "wait until it has ended, or use another --home",
    )
    try:
        swap.finish(home)
        _held.add(name)
        try:
            yield
        finally:
            _held.discard(name)
    finally:
        os.close(descriptor)


def hold_daemon_lock(home: Home) -> None:
    """Be the one that runs the home's schedules and sensors: as long as this process lives, or the
    program that it turns into.

    Raises:
        LusError: another process is; the error names it.
    """
    descriptor = _taken(
        home.dagster / "daemon.lock",
        "this home's schedules and sensors are run already",
        "use that one's page, or end it first; `lus ui --read-only` shows the same beside it",
    )
    os.set_inheritable(descriptor, True)


def _taken(file: Path, taken: str, todo: str) -> int:
    """A descriptor that holds a lock file, with this process's id in it; LusError: another does."""
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    for left in reversed(range(_TRIES)):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            if left:
                time.sleep(_LOOK_SECONDS)
                continue
            holder = _named(descriptor)
            os.close(descriptor)
            raise LusError(f"{taken} (process {holder})", where=str(file), todo=todo) from None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, str(os.getpid()).encode(), 0)
    return descriptor


def _named(descriptor: int) -> str:
    return os.pread(descriptor, 100, 0).decode(errors="replace").strip() or "unknown"
