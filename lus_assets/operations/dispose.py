"""Disposal (gallring): what the region's retention decision says may go, and a log of it in counts.

Belongs here: what is old enough and safe to remove; what goes of lake and vault, forget.py says.
Does not: the ledger, which accounting law keeps. Callers hold the home's writer lock.
"""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa

from lus_assets.core.home import Home
from lus_assets.core.retention import Retention
from lus_assets.core.settings import load_settings
from lus_assets.ingest.catalog import Catalog, FileVersion
from lus_assets.ingest.contract import FEEDS
from lus_assets.ingest.files import recorded_path
from lus_assets.ingest.lake import file_sha256
from lus_assets.ingest.received import PREFIX
from lus_assets.ingest.source import LocalFolder
from lus_assets.operations.alerts import one_at_a_time, read_line
from lus_assets.operations.forget import forget
from lus_assets.operations.forget_plan import CARE, plan_forgetting
from lus_assets.privacy.arrow import pc
from lus_assets.privacy.keys import Pseudonymizer
from lus_assets.privacy.vault import check_key


@dataclass(frozen=True)
class Disposed:
    """What went of a class, or would. before: what is older.

    count: files, lines, runs; of the lake rows, of the vault people. size_bytes: of files. kept:
    how many are as old and stay, since issued months rest on them.
    """

    data_class: str
    before: date
    count: int
    size_bytes: int
    kept: int = 0


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
        LusError: settings or key are not as they must be; then nothing was removed. Whatever else
            ends it, what went before is in the log.
    """
    retention = load_settings(home).retention
    check_key(home, Pseudonymizer.from_environment())
    before = {
        name: today - timedelta(days=days)
        for name, days in asdict(retention).items()
        if days is not None
    }
    things = {**_things(home, landing), "runs": old_runs}
    done: list[Disposed] = []
    for name, day in before.items():
        if name in things:
            found = list(things[name](day))
            if not is_dry_run:
                _remove(home, name, day, found, retention)
            done.append(_counted(name, day, found))
    people = _people(home, before.get("lake"), before.get("vault"), is_dry_run=is_dry_run)
    if not is_dry_run:
        _record(home, people, retention)
    return done + people


def _remove(home: Home, name: str, day: date, found: list[Thing], retention: Retention) -> None:
    gone: list[Thing] = []
    try:
        for each in found:
            each.remove()
            gone.append(each)
    finally:
        _record(home, [_counted(name, day, gone)], retention)


def _counted(name: str, day: date, things: list[Thing]) -> Disposed:
    return Disposed(name, day, len(things), sum(each.size_bytes for each in things))


def _things(home: Home, landing: Path | None) -> dict[str, Callable[[date], Iterator[Thing]]]:
    """Per class of the settings, what of it is of before a day."""
    return {
        "landing": lambda before: _landed(home, landing, before, {"accepted"}),
        "quarantine": lambda before: _landed(home, landing, before, {"quarantined", "refused"}),
        "landing_cache": lambda before: _fetched(home, before),
        "received": lambda before: _received(home, before),
        "snapshots": lambda before: _snapshots(home, before),
        "logs": lambda before: _alerts(home, before),
    }


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


def _fetched(home: Home, before: date) -> Iterator[Thing]:
    """Copies of fetched files that the lake has, when no later delivery has the same content."""
    versions = _newest_versions(home).values()
    old = {each for each in versions if each.delivery_date < before and each.status == "accepted"}
    contents = {each.content_hash for each in old}
    contents -= {each.content_hash for each in versions if each not in old}
    for path in sorted((home.landing_cache / "content").glob("*")):
        if path.name in contents:
            yield _file(path)


def _people(
    home: Home, care_before: date | None, people_before: date | None, *, is_dry_run: bool
) -> list[Disposed]:
    if care_before is None and people_before is None:
        return []
    plan = plan_forgetting(home, care_before, people_before)
    if not is_dry_run and (plan.rows.num_rows or plan.people):
        forget(home, plan)
    care = pc.is_in(plan.rows["feed"], value_set=pa.array(CARE))
    count = plan.rows.filter(care).num_rows
    done = [Disposed("lake", care_before, count, 0, plan.kept)] if care_before else []
    return done + ([Disposed("vault", people_before, len(plan.people), 0)] if people_before else [])


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
    """Lines of the alert logs; each has its moment, `at`, but for one that was left half."""
    for path in (home.alerts, home.alerts_sent):
        if path.exists():
            for line in path.read_text(encoding="utf-8").splitlines(keepends=True):
                told = read_line(line) or {}
                if str(told.get("at", "9999"))[:10] < before.isoformat():
                    yield Thing(len(line.encode()), lambda p=path, gone=line: _drop(p, gone))


def _drop(path: Path, line: str) -> None:
    with one_at_a_time(path.parent):
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
