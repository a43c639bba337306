"""What is wrong with an installation and how to mend it: one function per part, each its problems.

Belongs here: looking. Nothing is changed, no file is made, and no value of a row is shown.
"""

import os
import re
import shutil
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from lus_assets.core import swap
from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.core.lock import holder
from lus_assets.core.settings import load_settings
from lus_assets.privacy import vault
from lus_assets.privacy.keys import Pseudonymizer
from lus_assets.warehouse.project import ROOT

FREE_BYTES = 2 * 1024**3
FREE_SHARE = 0.05
_PINNED = re.compile(r'"([a-z0-9-]+)==([0-9][0-9.]*)"')
_PRIVATE = (
    *(
        "region",
        "lake",
        "packed",
        "landing_cache",
        "vault",
        "ledger",
        "received",
        "warehouse",
        "dagster",
    ),
    "logs",
)
_OWN_FILES = ("vault", "ledger", "received")
_TELEMETRY_OFF = re.compile(r"^telemetry:\s*\n\s+enabled:\s*false", re.MULTILINE)


@dataclass(frozen=True)
class Problem:
    """Something that is wrong: what, where, and the next step."""

    what: str
    where: str
    todo: str


Look = Callable[[Home], Iterator[Problem]]


def examine(home: Home) -> dict[str, list[Problem]]:
    """The problems of every part; a part that cannot be looked at has one."""
    return {name: _looked(look, home) for name, look in PARTS.items()}


def _looked(look: Look, home: Home) -> list[Problem]:
    try:
        return list(look(home))
    except LusError as error:
        return [Problem(error.what, error.where, error.todo)]
    except Exception as error:  # noqa: BLE001 - its text may hold a value; the other parts go on
        what = f"cannot be looked at ({type(error).__name__})"
        return [Problem(what, str(home.root), "see that this user may read the home")]


def _versions(_: Home) -> Iterator[Problem]:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for name, wanted in _PINNED.findall(text.partition("[project.optional-dependencies]")[0]):
        try:
            found = metadata.version(name)
        except metadata.PackageNotFoundError:
            found = "missing"
        if found != wanted:
            yield Problem(
                f"{name} is {found}, not {wanted}", "the Python environment", "make install"
            )


def _time_zone(_: Home) -> Iterator[Problem]:
    try:
        ZoneInfo("Europe/Stockholm")
    except ZoneInfoNotFoundError:
        yield Problem("Europe/Stockholm is not known", "time zone rules", "make install (tzdata)")


def _manifest(_: Home) -> Iterator[Problem]:
    from lus_assets.warehouse.dbt_runner import is_manifest_fresh

    if not is_manifest_fresh():
        yield Problem(
            "dbt's manifest is missing, or of other files or libraries",
            "dbt_project",
            "lus prepare",
        )


def _there(home: Home) -> Iterator[Problem]:
    if not home.root.is_dir():
        yield Problem("there is no home", str(home.root), "the first `lus run` makes it")


def _modes(home: Home) -> Iterator[Problem]:
    for name in _PRIVATE:
        folder = home.root / name
        if folder.is_dir():
            yield from _mode(folder, 0o077, "chmod 700")
            for path in folder.rglob("*") if name in _OWN_FILES else ():
                yield from _mode(path, 0o077, "chmod 700" if path.is_dir() else "chmod 600")
    for name in ("review", "invoice"):
        for path in (home.published / name).rglob("*"):
            yield from _mode(path, 0o077, "chmod 700" if path.is_dir() else "chmod 600")
    yield from _mode(home.published / "bi" / "lus.duckdb", 0o027, "chmod 640")


def _mode(path: Path, forbidden: int, mend: str) -> Iterator[Problem]:
    if not path.exists():
        return
    status = path.lstat()
    if stat.S_IMODE(status.st_mode) & forbidden:
        mode = f"{stat.S_IMODE(status.st_mode):o}"
        yield Problem(f"others may read or write it (mode {mode})", str(path), f"{mend} it")
    if status.st_uid != os.geteuid():
        yield Problem("it belongs to another user", str(path), f"chown it to user {os.geteuid()}")


def _key(home: Home) -> Iterator[Problem]:
    key = Pseudonymizer.from_environment()
    if home.vault.exists() and holder(home) is None:
        if vault.is_sealed(home):
            vault.check_key(home, key)
        else:
            yield Problem("the vault is not sealed yet", str(home.vault), "any `lus run` seals it")


def _lock(home: Home) -> Iterator[Problem]:
    process = holder(home)
    if process is not None:
        what = f"process {process} is writing; vault and ledger are not looked at"
        yield Problem(what, str(home.lock), "wait until it has ended, then look again")
    if swap.is_pending(home):
        what = "a rotation of the key or a disposal was killed and is not finished"
        yield Problem(what, str(home.swap), "any `lus run` finishes it")


def _logs_beside(home: Home) -> Iterator[Problem]:
    if holder(home) is not None:
        return
    databases = (home.vault, home.warehouse, home.published / "bi" / "lus.duckdb")
    for path in (each.with_name(each.name + ".wal") for each in databases):
        if path.exists():
            what = "a killed process left a write-ahead log"
            todo = "the next `lus run` takes it up; a snapshot's: remove it"
            yield Problem(what, str(path), todo)


def _ledger(home: Home) -> Iterator[Problem]:
    from lus_assets.ledger.ledger import Ledger

    if not home.ledger.exists() or holder(home) is not None:
        return
    with Ledger.opened(home) as ledger:
        for each in ledger.broken():
            yield Problem(each, str(home.ledger), "lus restore, from the last whole backup")


def _settings(home: Home) -> Iterator[Problem]:
    from lus_assets.invoicing.shared.recipients import load_recipients
    from lus_assets.warehouse.prepare import checked_own_rows

    checked_own_rows(home, load_settings(home))
    load_recipients(home)
    yield from ()


def _disk(home: Home) -> Iterator[Problem]:
    usage = shutil.disk_usage(home.root)
    if usage.free < max(FREE_BYTES, FREE_SHARE * usage.total):
        free = f"{usage.free / 1024**3:.1f} GiB are free"
        yield Problem(free, str(home.root), "make room: `lus dispose --dry-run` says what may go")


def _telemetry(home: Home) -> Iterator[Problem]:
    path = home.dagster / "dagster.yaml"
    if path.exists() and not _TELEMETRY_OFF.search(path.read_text(encoding="utf-8")):
        yield Problem(
            "Dagster's telemetry is not off",
            str(path),
            "give it two lines: `telemetry:`, and below it `  enabled: false`",
        )


PARTS: dict[str, Look] = {
    "versions": _versions,
    "time zone": _time_zone,
    "manifest": _manifest,
    "home": _there,
    "lock": _lock,
    "modes": _modes,
    "key and vault": _key,
    "write-ahead logs": _logs_beside,
    "ledger": _ledger,
    "settings and own rows": _settings,
    "disk": _disk,
    "telemetry": _telemetry,
}
"""What is looked at, in the order in which it is told."""
