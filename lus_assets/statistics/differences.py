"""What changed: a month's figures against its earlier version, and against the month before."""

import hashlib
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pyarrow as pa

from lus_assets.privacy.arrow import Table
from lus_assets.publishing.formats import csv_bytes

KEY = ("geography_level", "geography_code", "care_type", "measure")
_TYPES = {
    **dict.fromkeys(KEY, pa.string()),
    "value": pa.decimal128(18, 4),
    "value_status": pa.string(),
    "value_before": pa.decimal128(18, 4),
    "value_status_before": pa.string(),
    "difference": pa.decimal128(18, 4),
}


def figures_hash(tables: Mapping[str, Table]) -> str:
    """SHA-256 of published tables without their column `as_of`: the figures, whenever known."""
    digest = hashlib.sha256()
    for name, table in sorted(tables.items()):
        kept = [each for each in table.column_names if each != "as_of"]
        digest.update(f"{name}\0".encode() + csv_bytes(table.select(kept)))
    return digest.hexdigest()


def differences(now: Table, before: Table) -> Table:
    """Rows of the figures that are not as before, one a figure, in the order of their keys.

    now, before: rows of `rpt_monthly_statistics` of one month each. A figure that is new or gone
    has an empty side; where either is not shown there is no difference.
    """
    new, old = _figures(now), _figures(before)
    rows = [
        _row(key, new.get(key, (None, None)), old.get(key, (None, None)))
        for key in sorted(new.keys() | old.keys())
        if new.get(key) != old.get(key)
    ]
    return pa.Table.from_pylist(rows, schema=pa.schema(list(_TYPES.items())))


_Figure = tuple[Decimal | None, str | None]


def _figures(rows: Table) -> dict[tuple[str, ...], _Figure]:
    return {
        tuple(row[name] for name in KEY): (row["value"], row["value_status"])
        for row in rows.to_pylist()
    }


def _row(key: tuple[str, ...], now: _Figure, before: _Figure) -> dict[str, Any]:
    both = now[0] is not None and before[0] is not None
    return {
        **dict(zip(KEY, key, strict=True)),
        "value": now[0],
        "value_status": now[1],
        "value_before": before[0],
        "value_status_before": before[1],
        "difference": now[0] - before[0] if both else None,  # type: ignore[operator]
    }
