"""Dagster's SQLite event log, with a batch of events in one transaction.

A run over a range of delivery days writes two events per feed and day; the stock storage opens a
database, an engine and a transaction for each of them: 31 ms an event, two minutes for a year
(dagster 1.13.27, two cores). PostgreSQL storage, for production, batches by itself.
"""

import threading
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from dagster._core.events.log import EventLogEntry
from dagster._core.storage.event_log.sqlite.sqlite_event_log import (
    INDEX_SHARD_NAME,
    SqliteEventLogStorage,
)
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import NullPool

BATCH_SIZE_VARIABLE = "DAGSTER_EVENT_BATCH_SIZE"
BATCH_SIZE = "2000"
"""Events that Dagster keeps before it hands them over; the variable is off by default."""


class BatchingSqliteEventLogStorage(SqliteEventLogStorage):
    """Named in dagster.yaml. All of a batch is stored, or none of it."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        """base_dir: folder of the databases, as in Dagster's own class."""
        self._batch = threading.local()
        super().__init__(base_dir, inst_data)

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Any
    ) -> "BatchingSqliteEventLogStorage":
        """As Dagster's own class."""
        return cls(inst_data=inst_data, **config_value)

    @contextmanager
    def _connect(self, shard: str) -> Generator[Connection]:
        held: dict[str, Connection] = getattr(self._batch, "held", {})
        if shard in held:
            yield held[shard]
            return
        with super()._connect(shard) as connection:
            yield connection

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        """Store a batch of one run's events in one transaction per database."""
        run_id = events[0].run_id
        for make_if_new in (self.run_connection(run_id), self.index_connection()):
            with make_if_new:
                pass
        self._batch.held = {}
        with ExitStack() as stack:
            stack.callback(self._batch.held.clear)
            for shard in (run_id, INDEX_SHARD_NAME):
                engine = create_engine(self.conn_string_for_shard(shard), poolclass=NullPool)
                self._batch.held[shard] = stack.enter_context(engine.begin())
            for each in events:
                self.store_event(each)
