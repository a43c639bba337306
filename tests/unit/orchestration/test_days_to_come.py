"""Whoever asks for it, a delivery day that is yet to come is not read."""

from datetime import date, timedelta
from pathlib import Path

import dagster as dg

from lus_assets.core.assets import INSTALLATION
from lus_assets.core.home import Home
from lus_assets.core.local_time import today
from lus_assets.ingest.assets import build_feed_assets
from lus_assets.ingest.catalog import Catalog
from orchestration.partitions import delivery_days
from orchestration.resources import InstallationResource
from orchestration.sensors import range_tags
from tests.golden.contract import write_landing


def ingested(home: Home, landing: Path, first: date, last: date) -> tuple[bool, str, list[date]]:
    """A run of a range of days: did it go well, what it said, and the days that are in the lake."""
    resource = InstallationResource(home=str(home.root), landing=str(landing))
    with dg.DagsterInstance.ephemeral() as instance:
        ran = dg.materialize(
            build_feed_assets(delivery_days())[:1],
            instance=instance,
            resources={INSTALLATION: resource},
            tags=range_tags(first, last),
            raise_on_error=False,
        )
    said = [
        event.step_failure_data.user_failure_data.description
        for event in ran.all_events
        if event.is_step_failure and event.step_failure_data.user_failure_data
    ]
    with Catalog.opened(home) as catalog:
        days = [each.delivery_date for each in catalog.file_versions()]
    return ran.success, "".join(map(str, said)), days


def test_a_range_that_ends_on_a_day_to_come_is_refused_and_up_to_today_is_read(
    tmp_path: Path,
) -> None:
    home, landing = Home(tmp_path / "home").prepare(), tmp_path / "landing"
    first, to_come = today() - timedelta(days=3), today() + timedelta(days=40)
    write_landing(landing, [], first, first)
    write_landing(landing, [], to_come, to_come)
    went_well, said, days = ingested(home, landing, first, to_come)
    assert (went_well, days) == (False, [])
    assert f"{to_come} is yet to come" in said
    went_well, _, days = ingested(home, landing, first, today())
    assert (went_well, days) == (True, [first])
