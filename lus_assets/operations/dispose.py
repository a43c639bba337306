"""Disposal (gallring): what the region's retention decision says may go, and a log of it in counts.

Belongs here: what is old enough and safe to remove. Does not: lake, vault and ledger, which issued
months rest on. Callers hold the home's writer lock.
"""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from lus_assets.core.home import Home
from lus_assets.core.retention import Retention
from lus_assets.core.settings import load_settings
from lus_assets.ingest.catalog import Catalog, FileVersion
from lus_assets.ingest.contract import FEEDS
from lus_assets.ingest.files import recorded_path
from lus_assets.ingest.lake import file_sha256
from lus_assets.ingest.received import PREFIX
from lus_assets.ingest.source import LocalFolder
from lus_assets.privacy.keys import Pseudonymizer


@dataclass(frozen=True)
class Disposed:
    """What went of a class, or would: how many things, their bytes. before: what is older."""

    data_class: str
    before: date
    count: int
    size_bytes: int


@dataclass(frozen=True)
class Thing:
    """Something that may go, and how it goes."""

    size_bytes: int
    remove: Callable[[], None]


def dispose(
    home: Home,
    landing: Path | None,
    today: date,
    old_runs: Callable[[date], Iterator[Thing]],
    *,
    is_dry_run: bool,
) -> list[Disposed]:
    """Remove what is older than the settings' periods; per class with a period, what it was.

    landing: the landing area, a folder of this machine; without one nothing of it goes. old_runs:
    Dagster's runs of before a day that may go. A dry run removes nothing. What went is in
    `logs/disposals.jsonl`, in counts.

    Raises:
        LusError: settings or key are not as they must be; then nothing was removed.
    """
    retention = load_settings(home).retention
    things: dict[str, Callable[[date], Iterator[Thing]]] = {
        "landing": lambda before: _landed(home, landing, before, {"accepted"}),
        "quarantine": lambda before: _landed(home, landing, before, {"quarantined", "refused"}),
        "received": lambda before: _received(home, before),
        "snapshots": lambda before: _snapshots(home, before),
        "logs": lambda before: _alerts(home, before),
        "runs": old_runs,
    }
    done: list[Disposed] = []
    for name, days in asdict(retention).items():
        if days is not None:
            before = today - timedelta(days=days)
            found = list(things[name](before))
            for each in () if is_dry_run else found:
                each.remove()
            size = sum(each.size_bytes for each in found)
            done.append(Disposed(name, before, len(found), size))
    if not is_dry_run:
        _record(home, done, retention)
    return done


def _landed(home: Home, landing: Path | None, before: date, statuses: set[str]) -> Iterator[Thing]:
    """Delivered files of these outcomes whose content the catalog knows as it is."""
    if landing is None or not landing.is_dir():
        return
    versions = _newest_versions(home)
    key = Pseudonymizer.from_environment()
    source = LocalFolder(landing)
    for feed in FEEDS:
        for file in source.list_deliveries(feed):
            path = landing / file.path
            known = versions.get(recorded_path(file.path, key))
            is_old = file.delivery_date < before and known and known.status in statuses
            if is_old and known and file_sha256(path) == known.content_hash:
                yield _file(path)


def _received(home: Home, before: date) -> Iterator[Thing]:
    """Received files that are in the lake."""
    for path, version in _newest_versions(home).items():
        file = home.received / path.removeprefix(PREFIX)
        is_old = path.startswith(PREFIX) and version.delivery_date < before
        is_in_lake = version.status == "accepted" and file.is_file()
        if is_old and is_in_lake and file_sha256(file) == version.content_hash:
            yield _file(file)


def _newest_versions(home: Home) -> dict[str, FileVersion]:
    if not home.catalog.exists():
        return {}
    with Catalog.opened(home) as catalog:
        return {each.path: each for each in catalog.file_versions()}


def _snapshots(home: Home, before: date) -> Iterator[Thing]:
    """BI snapshots of earlier days; the newest is in another place."""
    for folder in sorted((home.published / "bi" / "as-of").glob("????-??-??")):
        if date.fromisoformat(folder.name) < before:
            size = sum(each.stat().st_size for each in folder.rglob("*") if each.is_file())
            yield Thing(size, lambda folder=folder: shutil.rmtree(folder))


def _alerts(home: Home, before: date) -> Iterator[Thing]:
    """Lines of the alert logs; each has its moment, `at`."""
    for path in (home.alerts, home.alerts_sent):
        if path.exists():
            for line in path.read_text(encoding="utf-8").splitlines(keepends=True):
                if str(json.loads(line).get("at", "9999"))[:10] < before.isoformat():
                    yield Thing(len(line.encode()), lambda p=path, gone=line: _drop(p, gone))


def _drop(path: Path, line: str) -> None:
    kept = path.read_text(encoding="utf-8").replace(line, "", 1)
    part = path.with_name(path.name + ".part")
    part.write_text(kept, encoding="utf-8")
    part.replace(path)


def _file(path: Path) -> Thing:
    return Thing(path.stat().st_size, path.unlink)


def _record(home: Home, done: list[Disposed], retention: Retention) -> None:
    at = datetime.now(UTC).isoformat(timespec="seconds")
    with (home.logs / "disposals.jsonl").open("a", encoding="utf-8") as log:
        for each in done:
            days = asdict(retention)[each.data_class]
            row = {"at": at, **asdict(each), "before": each.before.isoformat(), "days": days}
            log.write(json.dumps(row) + "\n")
