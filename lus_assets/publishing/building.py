"""Folders that are built aside: whole under their final name, or not there at all.

What a killed run leaves lies in `published/.building` only; no reader looks there, and the next
build clears it. A lock on the folder tells a living build from a dead one.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from lus_assets.core.durable import sync, write_durably

_ASIDE = ".building"


@contextmanager
def building_folder(published: Path) -> Generator[Path]:
    """An empty folder (mode 0700) on the file system of `published`, gone when the block ends.

    What must last is moved out of it. Clears what killed builds left; other living builds, in this
    process or another, keep theirs.
    """
    published.mkdir(parents=True, exist_ok=True)
    aside = published / _ASIDE
    with _locked(published, fcntl.LOCK_EX):
        aside.mkdir(mode=0o700, exist_ok=True)
        _clear_leftovers(aside)
        folder = Path(tempfile.mkdtemp(dir=aside))
        descriptor = os.open(folder, os.O_RDONLY)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(descriptor)
        with _locked(published, fcntl.LOCK_EX), suppress(OSError):
            aside.rmdir()


def replace_file(published: Path, target: Path, content: bytes, mode: int) -> None:
    """Put a file below `published` in place: readers find the old one or the new one, whole."""
    with building_folder(published) as aside:
        write_durably(aside / target.name, content, mode)
        (aside / target.name).replace(target)
        sync(target.parent)


def make_folders(above: Path, folder: Path, mode: int) -> None:
    """Make `folder` and what is missing between it and `above`, each with exactly this mode."""
    missing = [each for each in (folder, *folder.parents) if above in each.parents]
    for each in reversed(missing):
        with suppress(FileExistsError):
            each.mkdir()
            each.chmod(mode)
            sync(each.parent)


@contextmanager
def _locked(folder: Path, how: int) -> Generator[None]:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, how)
        yield
    finally:
        os.close(descriptor)


def _clear_leftovers(aside: Path) -> None:
    for leftover in aside.iterdir():
        # held: a living build; not found: one that has just ended
        held = fcntl.LOCK_EX | fcntl.LOCK_NB
        with suppress(BlockingIOError, FileNotFoundError), _locked(leftover, held):
            shutil.rmtree(leftover)
