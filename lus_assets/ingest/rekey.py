"""A home under another pseudonym key: vault, lake and catalog are written anew and swapped in.

The same rows, links and history; every pseudonym, token and row hash is what ingestion would have
made under the new key. The caller holds the home's writer lock.
"""

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from lus_assets.core import swap
from lus_assets.core.home import SCRATCH, Home
from lus_assets.ingest.catalog import Catalog, FileVersion
from lus_assets.ingest.contract import FEEDS, ColumnType, Feed
from lus_assets.ingest.files import recorded_path
from lus_assets.ingest.lake import file_sha256, lake_schema
from lus_assets.ingest.normalise import RESTRICTED_TYPES, row_hash_sql
from lus_assets.privacy import vault
from lus_assets.privacy.arrow import Table
from lus_assets.privacy.keys import Pseudonymizer

FILES_TOGETHER = 250
_RESTRICTED = {"birth_date": ("birth", "birth_date"), "ground": ("dispute_ground", "ground")}
_TOKENS = pa.schema(
    [("file_version_id", pa.string()), ("row_number", pa.int64()), ("token", pa.string())]
)


@dataclass(frozen=True)
class Rekeyed:
    """What was keyed anew: people, lake files, and pseudonyms that only issued bases have."""

    people: int
    lake_files: int
    former_keys: int


def rekey(
    home: Home, old: Pseudonymizer, new: Pseudonymizer, issued_keys: Collection[str]
) -> Rekeyed:
    """Write vault, lake and catalog anew under another key, and put them in place together.

    issued_keys: pseudonyms in the ledger, which never changes; the vault keeps who they are. The
    packed lake, warehouse and BI snapshots hold old pseudonyms: they go, for the next run to make.
    Killed at any moment, the home is whole under the old key or, after the next command, the new.

    Raises:
        LusError: the old key is not this home's, or the disk refuses; nothing has changed then.
    """
    aside = swap.begin(home)
    there = replace(home, root=aside)
    for folder in (there.lake, there.vault.parent):
        folder.mkdir(mode=0o700)
    with vault.opened(home, old) as source:
        tables = {
            name: pa.concat_tables([schema.empty_table(), *source.tables(name)])
            for name, schema in vault.SCHEMAS.items()
        }
    people = _people(tables["identity"], new)
    paths = _paths(tables["file_path"], new)
    former = _former(tables["former_key"], people, issued_keys)
    _write_vault(there, new, tables, people, paths, former)
    hashes = _rewrite_lake(home, there, new, tables, people)
    _copy_catalog(home, there, _mapping(paths, "old", "recorded_path"), hashes)
    obsolete = ("packed", "spark", "warehouse", *SCRATCH, "published/bi")
    swap.commit(home, ["vault", "lake"], obsolete)
    return Rekeyed(people.num_rows, len(hashes), former.num_rows)


def _mapping(table: Table, keys: str, values: str) -> dict[str, str]:
    return dict(zip(table[keys].to_pylist(), table[values].to_pylist(), strict=True))


def _people(identities: Table, new: Pseudonymizer) -> Table:
    """Old person key -> new one."""
    keys = new.person_keys(identities["person_id"].to_pylist())
    return pa.table({"old_key": identities["person_key"], "new_key": pa.array(keys, pa.string())})


def _paths(paths: Table, new: Pseudonymizer) -> Table:
    """Recorded paths with a token: as they were, as they are now, and the file's own."""
    recorded = [recorded_path(path, new) for path in paths["path"].to_pylist()]
    return pa.table(
        {
            "old": paths["recorded_path"],
            "recorded_path": pa.array(recorded, pa.string()),
            "path": paths["path"],
        }
    )


def _former(former: Table, people: Table, issued_keys: Collection[str]) -> Table:
    """Who the pseudonyms are that issued bases have, by their keys of today."""
    today = _mapping(people, "old_key", "new_key")
    known = _mapping(former, "former_key", "person_key")
    known |= {each: each for each in issued_keys if each in today}
    pairs = [(each, today[key]) for each, key in sorted(known.items()) if key in today]
    columns = [pa.array([pair[n] for pair in pairs], pa.string()) for n in (0, 1)]
    return pa.table(columns, schema=vault.FORMER_SCHEMA)


def _write_vault(
    there: Home,
    new: Pseudonymizer,
    tables: Mapping[str, Table],
    people: Table,
    paths: Table,
    former: Table,
) -> None:
    today = _mapping(people, "old_key", "new_key")
    births = tables["birth"]
    born = [today.get(each, each) for each in births["person_key"].to_pylist()]
    place = births.schema.get_field_index("person_key")
    births = births.set_column(place, "person_key", pa.array(born, pa.string()))
    identities = tables["identity"].set_column(0, "person_key", people["new_key"])
    rows = {
        "identity": identities,
        "birth": births,
        "dispute_ground": tables["dispute_ground"],
        "file_path": paths.select(vault.PATH_SCHEMA.names),
        "former_key": former,
    }
    with vault.opened(there, new) as store:
        for name, table in rows.items():
            if table.num_rows:
                store.append(name, table.cast(vault.SCHEMAS[name]))


def _rewrite_lake(
    home: Home, there: Home, new: Pseudonymizer, tables: Mapping[str, Table], people: Table
) -> dict[str, str]:
    """Every lake file under the new key; path below the lake -> SHA-256."""
    with Catalog.opened(home) as catalog:
        versions = [each for each in catalog.file_versions() if each.lake_file]
    hashes: dict[str, str] = {}
    with duckdb.connect(":memory:") as connection:
        connection.execute("set enable_external_access = false")
        connection.register("people_given", people)
        connection.execute("create table people as from people_given")
        for feed in FEEDS.values():
            _tokens(connection, feed, tables, new)
            of_feed = [each for each in versions if each.feed == feed.name]
            for start in range(0, len(of_feed), FILES_TOGETHER):
                together = of_feed[start : start + FILES_TOGETHER]
                hashes |= _rewrite_files(connection, feed, home, there, together)
    return hashes


def _tokens(
    connection: duckdb.DuckDBPyConnection,
    feed: Feed,
    tables: Mapping[str, Table],
    new: Pseudonymizer,
) -> None:
    """Table `token_<column>` of every restricted column of the feed, as ingestion makes tokens."""
    for column in feed.columns_of(*RESTRICTED_TYPES):
        name, value = _RESTRICTED[column.name]
        rows = tables[name]
        texts = rows[value].cast(pa.string()).to_pylist()
        columns = [rows["file_version_id"], rows["row_number"], new.tokens(column.name, texts)]
        connection.register("tokens_given", pa.table(columns, schema=_TOKENS))
        connection.execute(f"create table token_{column.name} as from tokens_given")
        connection.unregister("tokens_given")


def _rewrite_files(
    connection: duckdb.DuckDBPyConnection,
    feed: Feed,
    home: Home,
    there: Home,
    versions: Sequence[FileVersion],
) -> dict[str, str]:
    files = [str(each.lake_file) for each in versions]
    tables = [pq.ParquetFile(home.lake / name).read() for name in files]
    whole = pa.concat_tables([lake_schema(feed).empty_table(), *tables])
    connection.register("given", whole.append_column("position", pa.array(range(whole.num_rows))))
    rows = connection.execute(_rekey_sql(feed)).to_arrow_table().cast(lake_schema(feed))
    connection.unregister("given")
    hashes: dict[str, str] = {}
    start = 0
    for name, table in zip(files, tables, strict=True):
        path = there.lake / name
        path.parent.mkdir(parents=True, exist_ok=True)
        part = rows.slice(start, table.num_rows)
        pq.write_table(part, path, compression="zstd")
        hashes[name] = file_sha256(path)
        start += table.num_rows
    return hashes


def _rekey_sql(feed: Feed) -> str:
    """Rows of `given` with new keys and hashes, in their order."""
    has_person = bool(feed.columns_of(ColumnType.PERSON_ID))
    person = "left join people on given.person_key = people.old_key" if has_person else ""
    key = "replace (coalesce(people.new_key, given.person_key) as person_key)" if has_person else ""
    joins = "".join(
        f" left join token_{name} using (file_version_id, row_number)"
        for name in (column.name for column in feed.columns_of(*RESTRICTED_TYPES))
    )
    tokens = "".join(
        f", token_{name}.token as token_of_{name}"
        for name in (column.name for column in feed.columns_of(*RESTRICTED_TYPES))
    )
    names = ", ".join(
        f"case when reason_code is null then {row_hash_sql(feed)} end as row_hash"
        if name == "row_hash"
        else f'"{name}"'
        for name in lake_schema(feed).names
    )
    return f"""
        with keyed as (select given.* {key}{tokens} from given {person}{joins})
        select {names} from keyed order by position
    """


def _copy_catalog(
    home: Home, there: Home, paths: Mapping[str, str], hashes: Mapping[str, str]
) -> None:
    with sqlite3.connect(home.catalog) as source, sqlite3.connect(there.catalog) as target:
        source.backup(target)
        for table in ("file_version", "decision"):
            target.executemany(
                f"update {table} set path = ? where path = ?",
                [(recorded, old) for old, recorded in paths.items()],
            )
        target.executemany(
            "update lake_file set sha256 = ? where path = ?",
            [(sha256, name) for name, sha256 in hashes.items()],
        )
    target.close()
    source.close()
