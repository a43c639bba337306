"""Opens a landing area, whatever it is: a folder, an fsspec address, a database."""

from pathlib import Path

from lus_assets.core.home import Home
from lus_assets.core.location import DATABASE_SCHEMES, Landing, scheme_of
from lus_assets.core.settings import load_settings
from lus_assets.ingest.source import LocalFolder, Source


def open_landing(home: Home, landing: Landing) -> Source:
    """The source of a landing area; LusError when there is none or it cannot be reached."""
    if isinstance(landing, Path):
        return LocalFolder(landing)
    settings = load_settings(home).source
    if scheme_of(landing) in DATABASE_SCHEMES:
        from lus_assets.ingest.database import Database

        return Database(home, landing, settings)
    from lus_assets.ingest.remote import RemoteFolder

    return RemoteFolder(home, landing, settings)
