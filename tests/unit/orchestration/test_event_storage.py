"""The event log in few transactions: it tells what Dagster's own tells, a batch whole or not at
all."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage

from lus_assets.core.home import Home
from orchestration.event_storage import KEPT_SHARDS
from orchestration.runner import dagster_home

ASSET, CHECK = dg.AssetKey(["lake", "stays"]), "rows_add_up"


@dg.asset(key=ASSET, check_specs=[dg.AssetCheckSpec(CHECK, asset=ASSET)])
def stays() -> Iterator[dg.MaterializeResult]:
    yield dg.MaterializeResult(metadata={"files": 3}, tags={"feed": "stays"})
    yield dg.AssetCheckResult(check_name=CHECK, passed=False)  # pyright: ignore


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    for name in ("DAGSTER_HOME", "LUS_DAGSTER_STORAGE", "DAGSTER_EVENT_BATCH_SIZE"):
        monkeypatch.setenv(name, "2000")
    dagster_home(Home(tmp_path))
    with dg.DagsterInstance.get() as there:
        yield there


def told(instance: dg.DagsterInstance) -> list[object]:
    """What an instance says of a run of one asset with one check."""
    run = dg.materialize([stays], instance=instance)
    (check,) = instance.event_log_storage.get_latest_asset_check_execution_by_key(
        [dg.AssetCheckKey(ASSET, CHECK)]
    ).values()
    made = instance.get_latest_materialization_event(ASSET)
    assert made is not None
    assert made.asset_materialization is not None
    return [
        [entry.dagster_event_type for entry in instance.all_logs(run.run_id)],
        (check.status, check.run_id == run.run_id),
        made.asset_materialization.metadata,
        instance.get_asset_keys(),
    ]


def test_it_tells_what_dagsters_own_log_tells(instance: dg.DagsterInstance) -> None:
    with dg.DagsterInstance.ephemeral() as plain:
        assert told(instance) == told(plain)


def test_a_table_that_is_there_is_looked_for_once(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    plain = SqliteEventLogStorage.has_table

    def has_table(self: SqliteEventLogStorage, table_name: str) -> bool:
        asked.append(table_name)
        return table_name != "later" and plain(self, table_name)

    monkeypatch.setattr(SqliteEventLogStorage, "has_table", has_table)
    for _ in range(3):
        assert len(told(instance)) == 4
        assert not instance.event_log_storage.has_table("later")
    assert asked.count("asset_check_executions") == 1
    # one that is not there yet may come
    assert asked.count("later") == 3


def test_a_batch_that_breaks_off_leaves_nothing(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = dg.materialize([stays], instance=instance)
    storage = instance.event_log_storage
    entries = [entry for entry in instance.all_logs(run.run_id) if entry.is_dagster_event]
    stored, plain = [], SqliteEventLogStorage.store_event

    def breaks_off(self: SqliteEventLogStorage, event: dg.EventLogEntry) -> None:
        if len(stored) == 5:
            raise OSError("disk full")
        stored.append(event)
        plain(self, event)

    monkeypatch.setattr(SqliteEventLogStorage, "store_event", breaks_off)
    with pytest.raises(OSError, match="disk full"):
        storage.store_event_batch(entries)
    assert len(stored) == 5
    assert len(instance.all_logs(run.run_id)) == len(entries)


def test_however_many_runs_are_looked_at_few_of_their_databases_stay_open(
    instance: dg.DagsterInstance,
) -> None:
    runs = [dg.materialize([stays], instance=instance).run_id for _ in range(KEPT_SHARDS + 4)]
    told_of = [len(instance.all_logs(each)) for each in runs]
    opened = {str(each.readlink()) for each in Path("/proc/self/fd").iterdir() if each.is_symlink()}
    shards = [each for each in runs if any(f"{each}.db" in name for name in opened)]
    assert shards == runs[-KEPT_SHARDS:]
    # those that were let go of are there as before
    assert [len(instance.all_logs(each)) for each in runs] == told_of
    assert min(told_of) > 5
