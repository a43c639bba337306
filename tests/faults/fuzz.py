"""Broken deliveries from a seed: values nobody thought of, then bytes changed at random."""

import csv
import gzip
import io
import json
import random
import zipfile
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.unit.ingest.support import VALID

Random = random.Random
TOKENS = (
    *(b'"', b'""', b"\r", b"\n", b"\r\n", b",", b";", b"\t", b"\0", b"\\", b"'", b"\xff", b"\x80"),
    *(b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xf0\x9f\x92\xa9", b"{", b"}", b"[", b"]", b":", b"null"),
    *(b'{"a":', b"[[[[[[[[", b"1e999", b"-0", b"NaN", b"0" * 400, b"=1+1", b"\x1f\x8b", b"PAR1"),
)
VALUES: tuple[Any, ...] = (
    *("", " ", "NA", "null", "007", "O'Brien", '"', "a,b", "a\nb", "\u2028", "Å" * 300, "\x00"),
    *("2024-02-30", "2024-02-29T24:00", "9999-12-31", "0001-01-01", "2024-03-31T02:30+01:00"),
    *(None, True, 0, -1, 2**63 - 1, 1.5, [], {}, ["x"], {"y": 1}),
)
STRANGE: tuple[tuple[Any, pa.DataType], ...] = (
    (None, pa.null()),
    (True, pa.bool_()),
    (7, pa.uint64()),
    (float("nan"), pa.float64()),
    (Decimal("1.50"), pa.decimal128(9, 2)),
    (b"\xff\x00", pa.binary()),
    (2**62, pa.timestamp("ns", tz="Europe/Stockholm")),
    (-(2**31), pa.date32()),
    (["x"], pa.list_(pa.string())),
    ({"y": 1}, pa.struct({"y": pa.int64()})),
    ("somatic", pa.dictionary(pa.int32(), pa.string())),
    (1, pa.duration("us")),
)
"""Values of types that no feed has."""


def delivery(feed: str, file_format: str, rng: Random) -> bytes:
    """A file of the feed with a few rows, some values of which are strange."""
    rows = [_row(feed, rng) for _ in range(rng.randrange(6))]
    kind, _, packing = file_format.partition(".")
    content = {"csv": _csv, "jsonl": _jsonl, "parquet": _parquet}[kind](feed, rows, rng)
    return gzip.compress(content, mtime=0) if packing else content


def mutated(content: bytes, rng: Random, other: bytes = b"") -> bytes:
    """The bytes with up to eight changes: flipped, cut, doubled, put in, another's tail."""
    data = bytearray(content)
    for _ in range(rng.randrange(9)):
        start = rng.randrange(len(data) + 1)
        end = min(len(data), start + rng.choice((1, 2, 8, 64, 4096)))
        match rng.randrange(5):
            case 0 if data:
                data[min(start, len(data) - 1)] ^= 1 << rng.randrange(8)
            case 1:
                del data[start:end]
            case 2:
                data[start:start] = data[start:end]
            case 3:
                data[start:start] = rng.choice(TOKENS)
            case _:
                data[start:] = other[min(start, len(other)) :]
    return bytes(data)


def mutated_archive(content: bytes, rng: Random) -> bytes:
    """A zip file one of whose parts has changed bytes; whole as a zip file."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(made, "w") as new:
        chosen = rng.choice(old.namelist())
        for name in old.namelist():
            part = old.read(name)
            new.writestr(name, mutated(part, rng) if name == chosen else part)
    return made.getvalue()


def _row(feed: str, rng: Random) -> dict[str, Any]:
    row: dict[str, Any] = {**VALID[feed]}
    for name in [*row]:
        if rng.random() < 0.2:
            row[name] = rng.choice(VALUES)
        elif rng.random() < 0.03:
            del row[name]
    if rng.random() < 0.1:
        row[rng.choice(("x", "", "x.y", '"', "stay_id "))] = rng.choice(VALUES)
    return row


def _csv(feed: str, rows: Sequence[dict[str, Any]], rng: Random) -> bytes:
    stream = io.StringIO(newline="")
    names = [*VALID[feed], *rng.sample(["x", "stay_id"], rng.choice((0, 0, 0, 1)))]
    writer = csv.DictWriter(
        stream, names, extrasaction="ignore", quoting=rng.choice((csv.QUOTE_ALL, csv.QUOTE_MINIMAL))
    )
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue().encode(
        rng.choice(("utf-8", "utf-8", "utf-8-sig", "utf-16", "latin-1")), "replace"
    )


def _jsonl(_: str, rows: Sequence[dict[str, Any]], rng: Random) -> bytes:
    return "".join(
        json.dumps(each, ensure_ascii=rng.random() < 0.5) + rng.choice(("\n", "\n", "\r\n", "\n\n"))
        for each in rows
    ).encode("utf-8", "surrogatepass")


def _parquet(feed: str, rows: Sequence[dict[str, Any]], rng: Random) -> bytes:
    columns: dict[str, pa.Array] = {}
    for name in VALID[feed]:
        if rng.random() < 0.15:
            value, kind = rng.choice(STRANGE)
            columns[name] = pa.array([value] * len(rows), kind)
        elif rng.random() < 0.97:
            values = [row.get(name) for row in rows]
            columns[name] = pa.array(
                [value if isinstance(value, str) else None for value in values]
            )
    stream = io.BytesIO()
    try:
        pq.write_table(pa.table(columns), stream)
    except pa.ArrowException:
        return b"PAR1"
    return stream.getvalue()
