"""One installation as a run sees it: where state and deliveries lie, and as known when."""

from dataclasses import dataclass
from datetime import date

from lus_assets.core.home import Home
from lus_assets.core.location import Landing
from lus_assets.core.settings import Settings, load_settings


@dataclass(frozen=True)
class Installation:
    """What every asset works with.

    landing: the landing area; as_of: only deliveries up to this date count, None for all there are.
    """

    home: Home
    landing: Landing
    as_of: date | None = None

    @property
    def settings(self) -> Settings:
        """The installation's settings, read anew."""
        return load_settings(self.home)
