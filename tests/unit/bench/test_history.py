"""History written again is what Dagster itself would tell of as many runs."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg
import pytest

from bench.history import LAST_DAY, MORNING, lengthen, repeats
from lus_assets.core.home import Home
from orchestration.runner import dagster_home

ASSET, CHECK = dg.AssetKey(["lake", "stays"]), "as_delivered"
PARTITIONS = dg.DailyPartitionsDefinition("2024-01-01")


@dg.asset(key=ASSET, partitions_def=PARTITIONS, check_specs=[dg.AssetCheckSpec(CHECK, asset=ASSET)])
def stays() -> Iterator[dg.MaterializeResult]:
    yield dg.MaterializeResult(metadata={"files": 3})
    yield dg.AssetCheckResult(check_name=CHECK, passed=False)  # pyright: ignore


@pytest.fixture
def lengthened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    """One morning was run; the home has those of 1 and 2 March."""
    for name in ("DAGSTER_HOME", "LUS_DAGSTER_STORAGE", "DAGSTER_EVENT_BATCH_SIZE"):
        monkeypatch.setenv(name, "2000")
    template, home = Home(tmp_path / "template"), Home(tmp_path / "home")
    job = dg.Definitions([stays], jobs=[dg.define_asset_job(MORNING)]).resolve_job_def(MORNING)
    dagster_home(template)
    with dg.DagsterInstance.get() as there:
        job.execute_in_process(instance=there, partition_key=str(LAST_DAY))
    days = [date(2024, 3, 1), date(2024, 3, 2)]
    lengthen(template.dagster / "storage", home.dagster / "storage", repeats(days, []))
    dagster_home(home)
    with dg.DagsterInstance.get() as here:
        yield here


def test_it_has_each_days_run_and_partition_and_the_last_is_what_is_known(
    lengthened: dg.DagsterInstance,
) -> None:
    runs = lengthened.get_run_records(ascending=True)
    assert [each.dagster_run.tags["dagster/partition"] for each in runs] == [
        *("2024-03-01", "2024-03-02")
    ]
    assert [datetime.fromtimestamp(each.start_time or 0, UTC).date() for each in runs] == [
        *(date(2024, 3, 2), date(2024, 3, 3))
    ]
    assert lengthened.get_materialized_partitions(ASSET) == {"2024-03-01", "2024-03-02"}
    (last,) = lengthened.fetch_materializations(ASSET, limit=1).records
    made = lengthened.get_latest_materialization_event(ASSET)
    assert made == last.event_log_entry
    assert (last.run_id, last.partition_key) == (runs[-1].dagster_run.run_id, "2024-03-02")
    assert datetime.fromtimestamp(last.timestamp, UTC).date() == date(2024, 3, 3)
    key = dg.AssetCheckKey(ASSET, CHECK)
    storage = lengthened.event_log_storage
    (check,) = storage.get_latest_asset_check_execution_by_key([key]).values()
    assert (check.run_id, check.status.value) == (last.run_id, "FAILED")
    target = check.evaluation.target_materialization_data if check.evaluation else None
    assert target is not None
    assert (target.run_id, target.storage_id) == (last.run_id, last.storage_id)
