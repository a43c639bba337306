"""Readers of the BI snapshot, each a process that reads it over and over until it is told to stop.

What they read is made so that every table holds ROWS rows of one generation: a mixture, half a
table or an error is told at once by what is read.
"""

import multiprocessing
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.compute as pc
import pyarrow.parquet as pq

ROWS = 2_000
TABLES = ("one", "other")
_CONTEXT = multiprocessing.get_context("spawn")


@dataclass(frozen=True)
class Read:
    """What a reader saw: how many reads and generations, and the first thing that was wrong."""

    reads: int
    generations: int
    wrong: str


def read_database(folder: Path) -> set[int]:
    """The generations in lus.duckdb, over all tables in one transaction."""
    with duckdb.connect(str(folder / "lus.duckdb"), read_only=True) as connection:
        connection.execute("begin")
        found: set[int] = set()
        for table in TABLES:
            rows = connection.execute(
                f"select count(*), min(generation), max(generation) from marts.{table}"
            ).fetchall()
            ((count, lowest, highest),) = rows
            if count != ROWS:
                raise AssertionError(f"{count} rows of {table}")
            found |= {lowest, highest}
    return found


def read_parquet(folder: Path) -> set[int]:
    """The generations in one table's Parquet file; each file is a set of its own."""
    table = TABLES[0]
    rows = pq.read_table(folder / "parquet" / table / f"{table}.parquet")
    if rows.num_rows != ROWS:
        raise AssertionError(f"{rows.num_rows} rows of {table}")
    found = pc.min_max(rows["generation"]).as_py()
    return {found["min"], found["max"]}


READS = {"database": read_database, "parquet": read_parquet}


def _read_on(kind: str, folder: Path, stop: Event, told: Any) -> None:
    os.nice(15)  # on few cores they would leave the publisher none
    seen: set[int] = set()
    reads, newest, wrong = 0, 0, ""
    while not wrong and not (stop.is_set() and reads):
        try:
            found = READS[kind](folder)
        except Exception as error:  # noqa: BLE001 - any error is what the test is about
            wrong = f"{type(error).__name__}: {error}"
            break
        reads += 1
        seen |= found
        if len(found) != 1 or min(found) < newest:
            wrong = f"generations {sorted(found)} after {newest}"
        newest = max(found)
    told.put((kind, Read(reads, len(seen), wrong)))


@contextmanager
def hammering(folder: Path, kinds: list[str]) -> Iterator[list[tuple[str, Read]]]:
    """Readers of these kinds while the block lasts; what each saw is in the list afterwards."""
    stop, told = _CONTEXT.Event(), _CONTEXT.Queue()
    started = [_CONTEXT.Process(target=_read_on, args=(kind, folder, stop, told)) for kind in kinds]
    for each in started:
        each.start()
    seen: list[tuple[str, Read]] = []
    try:
        yield seen
    finally:
        stop.set()
        seen += [told.get(timeout=60) for _ in started]
        for each in started:
            each.join()
