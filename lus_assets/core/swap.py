"""Folders of a home that are replaced together: all of them, or none, whenever a process is killed.

New folders are built in `<home>/.swap`; a mark there, made durable, is the switch. From then on the
rest is renames that anyone who takes the writer lock finishes.
"""

import errno
import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from lus_assets.core.durable import sync
from lus_assets.core.errors import LusError
from lus_assets.core.home import Home

_READY = "READY.json"


def begin(home: Home) -> Path:
    """An empty folder (0700) to build in; what a killed build left there is removed."""
    shutil.rmtree(home.swap, ignore_errors=True)
    home.swap.mkdir(mode=0o700)
    return home.swap


def commit(home: Home, names: Sequence[str], obsolete: Sequence[str] = ()) -> None:
    """Put the built folders `names` in place of the home's; remove what is obsolete then.

    Both are paths below the home, or below the folder that `begin` gave.
    """
    for name in names:
        for folder, _, files in os.walk(home.swap / name):
            for each in (*(Path(folder) / file for file in files), Path(folder)):
                sync(each)
    ready = home.swap / _READY
    part = ready.with_suffix(".part")
    part.write_text(json.dumps({"names": list(names), "obsolete": list(obsolete)}))
    sync(part)
    part.replace(ready)
    sync(home.swap)
    finish(home)


def is_pending(home: Home) -> bool:
    """Was a replacement decided and not finished?"""
    return (home.swap / _READY).exists()


def finish(home: Home) -> bool:
    """Finish a replacement that was decided, if there is one; the caller holds the writer lock.

    Raises:
        LusError: what is obsolete cannot be removed, and would keep rows that have to go.
    """
    if not is_pending(home):
        return False
    what = json.loads((home.swap / _READY).read_text())
    old = home.swap / "old"
    old.mkdir(exist_ok=True)
    for name in what["names"]:
        if (home.swap / name).exists():
            if (home.root / name).exists():
                # more than once, where it was killed in between: commands make missing folders
                (home.root / name).rename(Path(tempfile.mkdtemp(dir=old)) / "replaced")
            (home.swap / name).rename(home.root / name)
    sync(home.root)
    for left in (*(home.root / name for name in what["obsolete"]), old):
        _remove(left)
    (home.swap / _READY).unlink()
    shutil.rmtree(home.swap, ignore_errors=True)
    return True


def _remove(folder: Path) -> None:
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        return
    except OSError as error:
        if error.errno == errno.EBUSY and not any(folder.iterdir()):
            return  # a mount stays, empty
        raise LusError(
            f"rows that were replaced cannot be removed ({error.strerror or type(error).__name__})",
            where=str(folder),
            todo="remove the folder as the user that owns it, and run again: what was begun is then"
            " finished; executors of Spark should write as the user that runs this",
        ) from None
