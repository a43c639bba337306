"""The same delivered rows in other files: split, renamed, in another format."""

import csv
import gzip
import io
import json
import random
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

Rows = list[dict[str, str]]
FORMATS = ("csv", "csv.gz", "jsonl", "jsonl.gz", "parquet")


def read_rows(path: Path) -> tuple[list[str], Rows]:
    """Header and rows of a delivered CSV file, as text."""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        return list(reader.fieldnames or []), list(reader)


def write_rows(path: Path, columns: list[str], rows: Rows) -> None:
    """Write rows in the format that the file's name ends with; empty is null."""
    path.parent.mkdir(parents=True, exist_ok=True)
    name = path.name.removesuffix(".gz")
    if name.endswith("parquet"):
        values = {column: [row[column] or None for row in rows] for column in columns}
        schema = pa.schema([(column, pa.string()) for column in columns])
        pq.write_table(pa.table(values, schema=schema), path)
        return
    text = _csv(columns, rows) if name.endswith("csv") else _json_lines(rows)
    raw = text.encode()
    path.write_bytes(gzip.compress(raw, mtime=0) if path.suffix == ".gz" else raw)


def reshape(landing: Path, out: Path, seed: int) -> None:
    """Deliver every file's rows in one to three files of mixed formats, in the old order."""
    rng = random.Random(seed)  # noqa: S311 - reproducible, not secret
    for path in sorted(landing.glob("*/*/*.csv")):
        columns, rows = read_rows(path)
        cuts = sorted(rng.randint(0, len(rows)) for _ in range(rng.randint(0, 2)))
        parts = zip([0, *cuts], [*cuts, len(rows)], strict=True)
        for number, (begin, end) in enumerate(parts):
            # a file without rows says which columns it has in CSV and Parquet only
            formats = FORMATS if end > begin else ("csv", "parquet")
            name = f"{path.stem}-{number}.{rng.choice(formats)}"
            order = rng.sample(columns, len(columns))
            write_rows(out / path.relative_to(landing).parent / name, order, rows[begin:end])


def _csv(columns: list[str], rows: Rows) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def _json_lines(rows: Rows) -> str:
    lines = [
        json.dumps({name: value or None for name, value in row.items()}, ensure_ascii=False)
        for row in rows
    ]
    return "".join(f"{line}\n" for line in lines)
