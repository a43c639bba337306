"""Which feeds' deliveries of the day before are not there when they are due."""

from collections.abc import Collection
from datetime import date, datetime, time, timedelta

from lus_assets.core.home import Home
from lus_assets.core.local_time import STOCKHOLM
from lus_assets.ingest.catalog import Catalog
from lus_assets.ingest.contract import FEEDS
from lus_assets.ingest.received import is_received


def overdue(
    home: Home, moment: datetime, due: time, feeds: Collection[str] = ()
) -> tuple[date, list[str]]:
    """The day before `moment` in Stockholm, and its feeds without a file that could be read.

    moment: with a time zone; before `due` on its day nothing is overdue. feeds: those that are
    expected, by default those that were ever delivered. A gap that an operator has acknowledged is
    not overdue.
    """
    local = moment.astimezone(STOCKHOLM)
    day = local.date() - timedelta(days=1)
    if local.time() < due or not home.catalog.exists():
        return day, []
    with Catalog.opened(home) as catalog:
        delivered = [each for each in catalog.file_versions() if not is_received(each.path)]
        accepted = {
            each.feed
            for each in catalog.decisions()
            if each.kind == "acknowledge_gap" and each.delivery_date == day
        }
    expected = set(feeds) or {each.feed for each in delivered}
    there = {
        each.feed for each in delivered if each.delivery_date == day and each.status == "accepted"
    }
    return day, [feed for feed in FEEDS if feed in expected - there - accepted]
