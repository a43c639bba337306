"""CSV on the Web: what the columns of a release's CSV files are, as JSON-LD for programs.

https://www.w3.org/TR/tabular-metadata/
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from lus_assets.privacy.arrow import Schema

METADATA = "csv-metadata.json"


@dataclass(frozen=True)
class CsvTable:
    """A CSV file of a release: what it is, its columns, and those that name a row."""

    title: str
    schema: Schema
    key: tuple[str, ...]


def metadata_bytes(title: str, tables: Mapping[str, CsvTable]) -> bytes:
    """The metadata of the CSV files: name -> table."""
    group = {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "dc:title": title,
        "dialect": {"encoding": "utf-8", "lineTerminators": ["\r\n", "\n"], "header": True},
        "tables": [_table(name, table) for name, table in sorted(tables.items())],
    }
    return (json.dumps(group, ensure_ascii=False, indent=2) + "\n").encode()


def _table(name: str, table: CsvTable) -> dict[str, Any]:
    return {
        "url": name,
        "dc:title": table.title,
        "tableSchema": {
            "columns": [_column(field, field.name in table.key) for field in table.schema],
            "primaryKey": list(table.key),
        },
    }


def _column(field: Any, is_key: bool) -> dict[str, Any]:
    described = (field.metadata or {}).get(b"description", b"").decode()
    return {
        "name": field.name,
        "titles": field.name,
        "datatype": _datatype(field.type),
        "required": is_key,
        **({"dc:description": described} if described else {}),
    }


def _datatype(kind: Any) -> str:
    if pa.types.is_date(kind):
        return "date"
    if pa.types.is_decimal(kind):
        return "decimal"
    return "integer" if pa.types.is_integer(kind) else "string"
