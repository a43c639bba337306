"""Forgets people: their rows leave the lake, who they were leaves the vault.

Who may go, forget_plan.py says. Callers hold the home's writer lock.
"""

import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from lus_assets.core import swap
from lus_assets.core.home import SCRATCH, Home
from lus_assets.ingest.catalog import Catalog, FileVersion
from lus_assets.ingest.codes import ReasonCode
from lus_assets.ingest.contract import FEEDS
from lus_assets.ingest.disposed import add_disposed_months
from lus_assets.ingest.lake import file_sha256, lake_schema
from lus_assets.operations.forget_plan import Forgetting
from lus_assets.privacy import vault
from lus_assets.privacy.arrow import Table, pc


def forget(home: Home, what: Forgetting) -> None:
    """Rows become empty ones with reason DISPOSED, the vault forgets the people: both or neither.

    Killed at any moment, the home is as before or, after the next command, as afterwards.
    """
    there = replace(home, root=swap.begin(home))
    for folder in (there.lake, there.vault.parent):
        folder.mkdir(mode=0o700)
    hashes = _write_lake(home, there, what.rows)
    with (
        closing(sqlite3.connect(home.catalog)) as source,
        closing(sqlite3.connect(there.catalog)) as target,
    ):
        source.backup(target)
        with target:
            target.executemany("insert or replace into lake_file values (?, ?)", hashes.items())
    add_disposed_months(there, what.months)
    _write_vault(home, there, what)
    swap.commit(home, ["vault", "lake"], ["packed", "spark", *SCRATCH])


def _write_lake(home: Home, there: Home, rows: Table) -> dict[str, str]:
    """The lake without the rows: files that lose none are the same files; new hashes by path."""
    with Catalog.opened(home) as catalog:
        versions = [each for each in catalog.file_versions() if each.lake_file]
    numbers: dict[str, list[int]] = {}
    for version, number in zip(
        rows["file_version_id"].to_pylist(), rows["row_number"].to_pylist(), strict=True
    ):
        numbers.setdefault(version, []).append(number)
    hashes: dict[str, str] = {}
    for version in versions:
        name = str(version.lake_file)
        (there.lake / name).parent.mkdir(parents=True, exist_ok=True)
        if gone := numbers.get(version.file_version_id):
            hashes[name] = _write_emptied(home.lake / name, there.lake / name, version, gone)
        else:
            os.link(home.lake / name, there.lake / name)
    return hashes


def _write_emptied(old: Path, new: Path, version: FileVersion, gone: Sequence[int]) -> str:
    """The file with these rows emptied; its SHA-256."""
    schema = lake_schema(FEEDS[version.feed])
    table = pq.ParquetFile(old).read().select(schema.names)
    goes = pc.is_in(table["row_number"], value_set=pa.array(gone, pa.int64()))
    for place, field in enumerate(schema):
        if field.name in ("file_version_id", "row_number"):
            continue
        reason = ReasonCode.DISPOSED.value if field.name == "reason_code" else None
        emptied = pc.if_else(goes, pa.scalar(reason, field.type), table[field.name])
        table = table.set_column(place, field, emptied)
    pq.write_table(table, new, compression="zstd")
    return file_sha256(new)


def _write_vault(home: Home, there: Home, what: Forgetting) -> None:
    """A vault without the people, and without what stood beside the rows."""
    people = pa.array(what.people, pa.string())
    rows = _row_names(what.rows).combine_chunks()
    with vault.opened(home) as source, vault.opened(there) as store:
        for name, schema in vault.SCHEMAS.items():
            table = pa.concat_tables([schema.empty_table(), *source.tables(name)])
            if "row_number" in schema.names:
                is_gone = pc.is_in(_row_names(table), value_set=rows)
                table = table.filter(pc.invert(is_gone))
            if "person_key" in schema.names:
                table = table.filter(pc.invert(pc.is_in(table["person_key"], value_set=people)))
            if table.num_rows:
                store.append(name, table)


def _row_names(table: Table) -> Table:
    numbers = pc.cast(table["row_number"], pa.string())
    return pc.binary_join_element_wise(table["file_version_id"], numbers, " ")
