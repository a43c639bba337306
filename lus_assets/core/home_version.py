"""Which layout a home has, and the way from older ones: one step per version, each whole.

`<home>/version` says it. A home that has state and no such file is of version 1, from before there
was one. A newer home than this program knows is refused: an older program would not see what it
must keep.
"""

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass

from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.core.lock import writer_lock

_LOG = logging.getLogger(__name__)
BEFORE_VERSIONS = 1


@dataclass(frozen=True)
class Migration:
    """A step from one version to the next. A step that broke off is done again from its start."""

    what: str
    do: Callable[[Home], None]


def _only_says_its_version(_: Home) -> None:
    """Version 2 added files that are made when they are missing; what was there is the same."""


MIGRATIONS: dict[int, Migration] = {
    1: Migration("the home says its version", _only_says_its_version),
}
"""From which version -> the step to the next one."""


def current_version() -> int:
    """The version that this program writes."""
    return max(MIGRATIONS) + 1


def version_of(home: Home) -> int | None:
    """The home's version; None for one that has nothing yet. LusError when it says nonsense."""
    try:
        text = home.version_file.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        has_state = home.catalog.exists() or home.ledger.exists() or home.vault.exists()
        return BEFORE_VERSIONS if has_state else None
    except (OSError, UnicodeDecodeError):
        text = ""
    if not text.isdigit() or int(text) < BEFORE_VERSIONS:
        raise LusError(
            "the home does not say which version it has",
            where=str(home.version_file),
            todo="bring the file back from a backup",
        )
    return int(text)


def existing(home: Home) -> Home:
    """The home, for what works on one that is there.

    Raises:
        LusError: nothing has made it yet.
    """
    if version_of(home) is None:
        raise LusError(
            "there is no home",
            where=str(home.root),
            todo="name the folder that `lus run` made (--home, or LUS_HOME)",
        )
    return home


def bring_up_to_date(home: Home) -> list[Migration]:
    """Take the home to this program's version; the steps that were done.

    Raises:
        LusError: the home is newer, another process writes to it, or a step failed.
    """
    if (version := version_of(home)) == current_version():
        return []
    _refuse_newer(home, version)
    done: list[Migration] = []
    with writer_lock(home):
        version = version_of(home)  # another process may have done it meanwhile
        if version is None:
            _write_version(home, current_version())
            return []
        for step in range(version, current_version()):
            MIGRATIONS[step].do(home)
            _write_version(home, step + 1)
            _LOG.warning("home version %d to %d: %s", step, step + 1, MIGRATIONS[step].what)
            done.append(MIGRATIONS[step])
    return done


def _refuse_newer(home: Home, version: int | None) -> None:
    if version is not None and version > current_version():
        raise LusError(
            f"the home is of version {version}, and this program knows up to {current_version()}",
            where=str(home.root),
            todo="use the program that wrote it, or a newer one; or restore a backup from before "
            "its upgrade into a new home",
        )


def _write_version(home: Home, version: int) -> None:
    part = home.version_file.with_name("version.part")
    with part.open("w", encoding="ascii") as file:
        file.write(f"{version}\n")
        file.flush()
        os.fsync(file.fileno())
    part.replace(home.version_file)
