"""One writer to a home: an operating system lock that ends with the process that holds it."""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager

from lus_assets.core import swap
from lus_assets.core.errors import LusError
from lus_assets.core.home import Home

_held: set[str] = set()


def holder(home: Home) -> str | None:
    """The process that holds the home's writer lock, None: nobody. Takes and changes nothing."""
    if not home.lock.exists():
        return None
    descriptor = os.open(home.lock, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return os.pread(descriptor, 100, 0).decode(errors="replace").strip() or "unknown"
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
    descriptor = os.open(home.lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 100, 0).decode(errors="replace").strip() or "unknown"
            raise LusError(
                f"another run is writing to this home (process {holder})",
                where=str(home.lock),
                todo="wait until it has ended, or use another --home",
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        swap.finish(home)
        _held.add(name)
        try:
            yield
        finally:
            _held.discard(name)
    finally:
        os.close(descriptor)
