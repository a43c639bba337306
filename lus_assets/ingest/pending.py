"""Which delivery days hold something that the lake does not have."""

from datetime import date

from lus_assets.core.home import Home
from lus_assets.ingest.catalog import Catalog
from lus_assets.ingest.contract import FEEDS
from lus_assets.ingest.files import REFUSED, examine, recorded_path
from lus_assets.ingest.source import Source
from lus_assets.privacy.keys import Pseudonymizer


def pending_days(
    home: Home, source: Source, pseudonymizer: Pseudonymizer, *, by_content: bool = True
) -> list[date]:
    """Days with a file that was not read, or (by_content) was read with other content, or is back
    to what was read after another was refused; ordered.

    by_content reads every file to hash it; without, a file is known by its path.
    """
    with Catalog.opened(home) as catalog:
        versions = catalog.file_versions()
    known = {each.path: each.content_hash for each in versions if each.status != REFUSED}
    waiting = {each.path for each in versions if each.status == REFUSED and not each.counts_until}
    return sorted(
        {
            file.delivery_date
            for feed in FEEDS
            for file in source.list_deliveries(feed)
            if (path := recorded_path(file.path, pseudonymizer)) not in known
            or (by_content and (path in waiting or examine(source, file).sha256 != known[path]))
        }
    )
