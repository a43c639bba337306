"""A nation's lake out of one county's: 21 regions, each a copy with people and places of its own.

What a region delivers is the ingested county's: the same days, other ids, other persons, the
region's own municipalities, a few minutes earlier. Beside that every message is acknowledged by so
many recipients, that a nation's ten years have a hundred million messages. What comes out is what
ingestion would have made of such deliveries (a file a feed and day, its hash in the catalog, births
and identities in the vault); `bench.ingest_once` measures ingestion itself.

`python -m bench.multiply --county HOME --nation HOME --out FILE` needs an ingested county.
"""

import argparse
import csv
import json
import shutil
import sqlite3
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from os import cpu_count
from pathlib import Path

import duckdb
import pyarrow as pa

from bench.script import SEEDS
from lus_assets.core.home import Home
from lus_assets.ingest.contract import FEEDS
from lus_assets.ingest.lake import file_sha256
from lus_assets.ingest.normalise import RESTRICTED_TYPES, row_hash_sql
from lus_assets.privacy import vault

COUNTY = "01"
RECIPIENTS = 5
"""Receipts of every message that is none itself."""
_STEP_MINUTES = 7
"""How much earlier everything happens in each next region."""
_FILES_AT_ONCE = 100
_BIRTHS_AT_ONCE = 500_000

_MOVED = "{0} - to_minutes(region * " + str(_STEP_MINUTES) + ") as {0}"
_OWN = "{0} || '-' || region as {0}"
_PERSON = "case region when 0 then person_key else sha256(person_key || region) end as person_key"
# places in a row of the region's municipalities, so that who moves away from one comes to another
_PLACE = "coalesce(place_{0}.code, {0}) as {0}"
_REPLACED: dict[str, tuple[list[str], list[str], list[str]]] = {
    "stays": (["stay_id"], ["admitted_at", "discharged_at", "updated_at"], []),
    "messages": (
        ["message_id", "stay_id", "cancels_message_id", "refers_to_message_id"],
        ["sent_at", "need_assessed_at", "planned_discharge_at"],
        [],
    ),
    "persons": ([], [], ["municipality_code"]),
    "placements": (
        ["placement_id"],
        [],
        ["placing_municipality_code", "staying_municipality_code"],
    ),
    "disputes": (
        ["dispute_id", "episode_id"],
        ["raised_at", "updated_at"],
        ["municipality_code"],
    ),
}
"""Feed -> its ids, its moments, and its municipalities."""


def multiplied(feed: str, columns: Sequence[str]) -> str:
    """The SELECT over `county`, rows as a lake file has them, that gives those of all regions."""
    ids, moments, places = _REPLACED[feed]
    changed = {
        **{each: _OWN.format(each) for each in ids},
        **{each: _MOVED.format(each) for each in moments},
        **{each: _PLACE.format(each) for each in places},
    }
    if "person_key" in columns:
        changed["person_key"] = _PERSON
    if "district_code" in columns:
        changed["district_code"] = "case region when 0 then district_code end as district_code"
    slots = RECIPIENTS + 1
    changed["row_number"] = f"(row_number * 21 + region) * {slots} as row_number"
    changed["row_hash"] = "md5(row_hash || region) as row_hash"
    listed = ", ".join(changed.get(each, each) for each in columns)
    joins = " ".join(
        f"left join place as place_{each}"
        f" on place_{each}.region_number = region and place_{each}.own_code = county.{each}"
        for each in places
    )
    rows = f"select {listed} from county cross join region {joins}"
    if feed != "messages":
        return hashed(feed, rows)
    receipt = {
        "row_number": "row_number + recipient as row_number",
        "row_hash": "md5(row_hash || recipient) as row_hash",
        "message_id": "message_id || '-' || recipient as message_id",
        "message_type": "'receipt' as message_type",
        # acknowledged on the same day: a delivery knows nothing of the next one
        "sent_at": "least(sent_at + to_minutes(recipient * 11),"
        " date_trunc('day', sent_at) + interval 1 day - interval 1 minute) as sent_at",
        "sender_role": "'municipality' as sender_role",
        "refers_to_message_id": "message_id as refers_to_message_id",
        **{
            each: f"null as {each}"
            for each in ("cancels_message_id", "needs", "need_assessed_at", "status")
        },
    }
    receipts = ", ".join(receipt.get(each, each) for each in columns)
    return hashed(
        feed,
        f"with original as materialized ({rows}) select * from original union all"
        f" select {receipts} from original, (select unnest(range(1, {slots})) as recipient)"
        " where reason_code is null and message_type != 'receipt'",
    )


def hashed(feed: str, rows: str) -> str:
    """Rows with the hash of what they say, as ingestion has it, where the lake has all of that."""
    if FEEDS[feed].columns_of(*RESTRICTED_TYPES):
        return rows
    own = f"case when reason_code is null then {row_hash_sql(FEEDS[feed])} else row_hash end"
    return f"select * replace ({own} as row_hash) from ({rows})"


def multiply(county: Home, nation: Home) -> dict[str, int]:
    """Make the nation's lake, catalog and vault; rows per feed. `nation` must not exist."""
    nation.prepare()
    shutil.copyfile(county.catalog, nation.catalog)
    with sqlite3.connect(nation.catalog) as catalog:
        files = catalog.execute(
            "select feed, lake_file from file_version where lake_file is not null order by 1, 2"
        ).fetchall()
    by_feed: dict[str, list[str]] = {}
    for feed, path in files:
        by_feed.setdefault(feed, []).append(path)
    parts = [
        (county.root, nation.root, feed, paths[start : start + _FILES_AT_ONCE])
        for feed, paths in by_feed.items()
        for start in range(0, len(paths), _FILES_AT_ONCE)
    ]
    counted: dict[str, int] = {}
    with ProcessPoolExecutor(cpu_count(), get_context("spawn")) as pool:
        for feed, written in pool.map(_multiply_files, *zip(*parts, strict=True)):
            _count(nation, written)
            counted[feed] = counted.get(feed, 0) + sum(rows for _, rows, _, _ in written)
    _multiply_people(county, nation)
    return counted


def _multiply_files(
    county: Path, nation: Path, feed: str, paths: Sequence[str]
) -> tuple[str, list[tuple[str, int, int, str]]]:
    """Write these files; of each its path, its rows, those set aside, and its hash."""
    written: list[tuple[str, int, int, str]] = []
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.register("place", _places())
        connection.execute("create table region as select unnest(range(21)) as region")
        source = Home(county).lake
        columns = [
            name
            for name, *_ in connection.execute(
                f"describe from read_parquet('{source / paths[0]}')"
            ).fetchall()
        ]
        for path in paths:
            target = Home(nation).lake / path
            target.parent.mkdir(parents=True, exist_ok=True)
            connection.execute(
                f"create or replace view county as from read_parquet('{source / path}')"
            )
            (rows,) = connection.execute(
                f"copy ({multiplied(feed, columns)}) to '{target}' (format parquet, codec zstd)"
            ).fetchall()[0]
            (faulty,) = connection.execute(
                "select count(*) * 21 from county where reason_code is not null"
            ).fetchall()[0]
            written.append((path, rows, faulty, file_sha256(target)))
    return feed, written


def _places() -> pa.Table:
    """region_number, own_code (the county's), code (the region's): one for each of the county's."""
    of_county: dict[str, list[str]] = {}
    with (SEEDS / "municipality.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            of_county.setdefault(row["county_code"], []).append(row["municipality_code"])
    own = of_county[COUNTY]
    others = [codes for county, codes in sorted(of_county.items()) if county != COUNTY]
    rows = [
        {"region_number": number, "own_code": code, "code": codes[place % len(codes)]}
        for number, codes in enumerate([own, *others])
        for place, code in enumerate(own)
    ]
    return pa.Table.from_pylist(rows)


def _count(nation: Home, written: Sequence[tuple[str, int, int, str]]) -> None:
    with sqlite3.connect(nation.catalog) as catalog:
        catalog.executemany(
            "update file_version set rows_delivered = ?, rows_quarantined = ? where lake_file = ?",
            [(rows, faulty, path) for path, rows, faulty, _ in written],
        )
        catalog.executemany(
            "update lake_file set sha256 = ? where path = ?",
            [(sha256, path) for path, _, _, sha256 in written],
        )


def _multiply_people(county: Home, nation: Home) -> None:
    """Births and identities of the copies, into the nation's vault."""
    slots = RECIPIENTS + 1
    births = (
        f"select file_version_id, (row_number * 21 + region) * {slots} as row_number, {_PERSON},"
        " birth_date from birth cross join (select unnest(range(21)) as region)"
    )
    # nobody has the number of a copy: it is a reserve number
    identities = (
        f"select {_PERSON}, person_id || '-' || region as person_id, 'reserve' as person_id_kind"
        " from identity cross join (select unnest(range(21)) as region)"
    )
    with vault.reading(county, "birth", "identity") as opened:
        identity = opened.execute(identities).to_arrow_table()
        vault.write(nation, vault.VaultRows(identities=[identity]))
        reader = opened.execute(births).to_arrow_reader(_BIRTHS_AT_ONCE)
        for batch in reader:
            vault.write(nation, vault.VaultRows(births=[pa.Table.from_batches([batch])]))


def main() -> None:
    """Read the options, multiply, write how many rows of each feed there are as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("--county", "--nation", "--out"):
        parser.add_argument(name, type=Path, required=True)
    given = parser.parse_args()
    rows = multiply(Home(given.county), Home(given.nation))
    given.out.write_text(json.dumps(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
