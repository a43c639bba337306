"""Years of Dagster's history in minutes: real runs of the jobs once, and their rows again per day.

`python -m bench.history --work DIR` runs the morning and the month's jobs of a small county there,
as the schedules do. `lengthen` then makes Dagster's storage with as many mornings and months as
asked for: every row that those runs left in the run storage and in the event log's index, with
another run id, another partition, at other times. The log of each single run, which only that
run's own page reads, is not made.
"""

import shutil
import sqlite3
import uuid
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import click

FIRST_DAY, LAST_DAY, MONTH = date(2024, 1, 1), date(2024, 2, 26), date(2024, 1, 1)
INHABITANTS = 20_000
MORNING, MONTHLY = "morning", ("monthly_review_base", "monthly_invoice_base")
_DAY = timedelta(days=1)
_SPACE = uuid.UUID("5bd0a5c0-6c5f-4a0e-9f63-0d7c3d3ac0de")
"""Of the copies' run ids: the same copy has the same id."""


@click.command()
@click.option("--work", type=click.Path(path_type=Path, file_okay=False), required=True)
def main(work: Path) -> None:
    """Run each job once."""
    from lus_assets.core.home import Home
    from lus_assets.simulation import simulate
    from orchestration.runner import Runner

    simulate(work / "landing", FIRST_DAY, LAST_DAY, population=INHABITANTS)
    runner = Runner(Home(work / "home"), work / "landing", LAST_DAY)
    runner.ingest(FIRST_DAY, LAST_DAY - _DAY)
    runner.run(MORNING, month=LAST_DAY)
    for job in MONTHLY:
        runner.run(job, month=MONTH)


@dataclass(frozen=True)
class Repeat:
    """A run to write again: which, with which partition key, on which day."""

    job: str
    key: date
    new_key: date
    day: date


def repeats(days: Iterable[date], months: Iterable[date]) -> list[Repeat]:
    """Mornings run on the day after their own, a month's jobs after its objections; in order."""
    mornings = [Repeat(MORNING, LAST_DAY, day, day + _DAY) for day in days]
    monthly = [
        Repeat(job, MONTH, month, (month + 62 * _DAY).replace(day=5))
        for month in months
        for job in MONTHLY
    ]
    return sorted([*mornings, *monthly], key=lambda each: each.day)


def lengthen(template: Path, storage: Path, wanted: Sequence[Repeat]) -> None:
    """Make the folder `storage` of Dagster's SQLite storage, with these runs only.

    template: such a folder with an ended run of every job that is wanted.
    """
    storage.mkdir(parents=True)
    for name in _STATEMENTS:
        shutil.copyfile(template / name, storage / name)
    shutil.copyfile(template / "schedules.db", storage / "schedules.db")
    runs = {job: (run, started) for run, job, started in _asked(template / "runs.db", _RUNS)}
    first_id = dict(_asked(template / "index.db", _FIRST_IDS))
    last_id = dict(_asked(template / "index.db", _LAST_IDS))
    values, free = [], 1
    for each in wanted:
        run, started = runs[each.job]
        values.append(
            {
                "run": run,
                "new_run": str(uuid.uuid5(_SPACE, f"{run} {each.new_key}")),
                "key": str(each.key),
                "new_key": str(each.new_key),
                "seconds": (each.day - datetime.fromtimestamp(started, UTC).date()).days * 86_400,
                "shift": free - first_id[run],
            }
        )
        free += last_id[run] - first_id[run] + 1
    for name, (emptied, copied, ending) in _STATEMENTS.items():
        _write(template / name, storage / name, emptied, copied, ending, values)


def _asked(database: Path, question: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(question).fetchall()


def _write(
    template: Path,
    database: Path,
    emptied: Sequence[str],
    copied: Sequence[str],
    ending: str,
    values: Sequence[dict[str, object]],
) -> None:
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        # gigabytes, made anew when the power goes: no log beside it
        connection.execute("pragma synchronous = off")
        connection.execute("pragma journal_mode = off")
        connection.execute("attach ? as template", [f"{template}"])
        connection.execute("begin")
        for table in emptied:
            connection.execute(f"delete from main.{table}")
        for each in values:
            for statement in copied:
                connection.execute(statement, each)
        connection.execute(ending)
        connection.execute("commit")
        connection.execute("pragma journal_mode = wal")  # as Dagster's own


_RUNS = "select run_id, pipeline_name, start_time from runs order by id"
_FIRST_IDS = "select run_id, min(id) from event_logs group by run_id"
_LAST_IDS = "select run_id, max(id) from event_logs group by run_id"


def _text(column: str) -> str:
    return f"replace(replace({column}, :run, :new_run), :key, :new_key)"


def _time(column: str) -> str:
    """A moment as SQLAlchemy stores it, later by so many seconds."""
    return f"strftime('%Y-%m-%d %H:%M:%f000', {column}, :seconds || ' seconds')"


def _event(column: str) -> str:
    """An event's JSON with its own time, and the id of the materialization that a check is of."""
    moment, told = (
        "'$.timestamp'",
        "'$.dagster_event.event_specific_data.target_materialization_data",
    )
    return (
        f"json_replace({_text(column)},"
        f" {moment}, json_extract({column}, {moment}) + :seconds,"
        f" {told}.timestamp', json_extract({column}, {told}.timestamp') + :seconds,"
        f" {told}.storage_id', json_extract({column}, {told}.storage_id') + :shift)"
    )


_COPY_EVENTS = f"""
    insert into event_logs
        (id, run_id, event, dagster_event_type, timestamp, step_key, asset_key, "partition")
    select
        id + :shift, :new_run, {_event("event")}, dagster_event_type, {_time("timestamp")},
        step_key, asset_key, {_text('"partition"')}
    from template.event_logs where run_id = :run
"""
_COPY_TAGS = f"""
    insert into asset_event_tags (event_id, asset_key, "key", value, event_timestamp)
    select event_id + :shift, tag.asset_key, "key", value, {_time("event_timestamp")}
    from template.asset_event_tags as tag
    inner join template.event_logs as event on event.id = tag.event_id
    where event.run_id = :run
"""
_COPY_CHECKS = f"""
    insert into asset_check_executions (
        asset_key, check_name, "partition", run_id, execution_status, evaluation_event,
        evaluation_event_timestamp, evaluation_event_storage_id, materialization_event_storage_id,
        create_timestamp
    )
    select
        asset_key, check_name, {_text('"partition"')}, :new_run, execution_status,
        {_event("evaluation_event")}, {_time("evaluation_event_timestamp")},
        evaluation_event_storage_id + :shift, materialization_event_storage_id + :shift,
        strftime('%Y-%m-%d %H:%M:%S', create_timestamp, :seconds || ' seconds')
    from template.asset_check_executions where run_id = :run
"""
_LAST_OF_ASSETS = """
    update asset_keys set
        last_materialization = made.event,
        last_run_id = made.run_id,
        last_materialization_timestamp = made.timestamp,
        cached_status_data = null
    from (
        select
            asset_key, run_id, timestamp, max(id) as id,
            '{"__class__": "EventLogRecord", "event_log_entry": ' || event
            || ', "storage_id": ' || id || '}' as event
        from event_logs where dagster_event_type = 'ASSET_MATERIALIZATION' group by asset_key
    ) as made
    where made.asset_key = asset_keys.asset_key
"""
_COPY_RUN = f"""
    insert into runs (
        run_id, snapshot_id, pipeline_name, mode, status, run_body, "partition", partition_set,
        create_timestamp, update_timestamp, start_time, end_time
    )
    select
        :new_run, snapshot_id, pipeline_name, mode, status, {_text("run_body")},
        {_text('"partition"')}, partition_set, {_time("create_timestamp")},
        {_time("update_timestamp")}, start_time + :seconds, end_time + :seconds
    from template.runs where run_id = :run
"""
_COPY_RUN_TAGS = f"""
    insert into run_tags (run_id, "key", value)
    select :new_run, "key", {_text("value")} from template.run_tags where run_id = :run
"""
_STATEMENTS = {
    "runs.db": (("run_tags", "runs"), (_COPY_RUN, _COPY_RUN_TAGS), "select 1"),
    "index.db": (
        ("asset_event_tags", "asset_check_executions", "event_logs"),
        (_COPY_EVENTS, _COPY_TAGS, _COPY_CHECKS),
        _LAST_OF_ASSETS,
    ),
}
"""Database -> tables to empty, what copies a run's rows, what ends the copying."""


if __name__ == "__main__":
    main()
