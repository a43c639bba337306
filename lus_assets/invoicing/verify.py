"""Was anything changed behind our back? The ledger, what is published, what it rests on."""

from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.ingest.catalog import Catalog
from lus_assets.ingest.lake import changed_files
from lus_assets.invoicing.issuing.issue import folder_of
from lus_assets.ledger.ledger import Entry, Ledger
from lus_assets.publishing.release import MANIFEST, find_release, verify_release


def verify(home: Home) -> list[str]:
    """Every difference from what was written, in words that name it; empty when all is as it was.

    Covers the ledger (each entry, their order, each part), the folders of every issue, folders that
    no issue has, the releases of statistics, and the lake's files.
    """
    with Ledger.opened(home) as ledger:
        found = [f"ledger: {each}" for each in ledger.broken()]
        if found:
            return found  # entries that were changed may not even be read
        entries = ledger.entries()
    for entry in entries:
        found += _of_issue(home, entry)
    return found + _without_issue(home, entries) + _statistics(home) + _lake(home)


def _of_issue(home: Home, entry: Entry) -> list[str]:
    folder = folder_of(home, entry)
    where = folder.relative_to(home.root)
    try:
        release = find_release(folder)
    except LusError as error:
        return [f"{where}: {error.what}"]
    if release is None:
        return [f"{where}: the folder of {entry.name} is missing; `lus run` makes it again"]
    found = _files(home, where.as_posix())
    written = {name: release.manifest.get(name) for name in ("ledger", "files", "content_hash")}
    issued = {
        "ledger": {"sequence": entry.sequence, "entry_hash": entry.entry_hash},
        "files": entry.files,
        "content_hash": entry.content_hash,
    }
    facts = {name: release.manifest.get(name) for name in entry.facts}
    if (written, facts) != (issued, entry.facts) and f"{where}/{MANIFEST} was changed" not in found:
        found.append(f"{where}/{MANIFEST} was changed: it is not what the ledger says")
    return found


def _files(home: Home, where: str) -> list[str]:
    result = verify_release(home.root / where)
    return [
        *(f"{where}/{name} was changed" for name in result.changed),
        *(f"{where}/{name} is missing" for name in result.missing),
        *(f"{where}/{name} does not belong there" for name in result.extra),
    ]


def _without_issue(home: Home, entries: list[Entry]) -> list[str]:
    known = {folder_of(home, each) for each in entries}
    manifests = [
        *home.published.glob(f"review/*/v*/*/{MANIFEST}"),
        *home.published.glob(f"invoice/*/*/{MANIFEST}"),
    ]
    return [
        f"{path.parent.relative_to(home.root)}: the ledger has no such issue"
        for path in sorted(manifests)
        if path.parent not in known
    ]


def _statistics(home: Home) -> list[str]:
    found: list[str] = []
    for folder in sorted(home.published.glob("statistics/*/v*")):
        where = folder.relative_to(home.root).as_posix()
        try:
            found += _files(home, where)
        except LusError as error:
            found.append(f"{where}: {error.what}")
    return found


def _lake(home: Home) -> list[str]:
    if not home.catalog.exists():
        return []
    with Catalog.opened(home) as catalog:
        hashes = catalog.lake_hashes()
    return [f"lake/{each}" for each in changed_files(home, hashes)]
