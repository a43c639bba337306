"""What dbt reads of the ledger: issues up to a day, as Arrow tables with fixed columns."""

from collections.abc import Iterable
from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq

from lus_assets.core.home import Home
from lus_assets.ledger.ledger import Entry, Ledger
from lus_assets.privacy.arrow import DataType, Schema, Table

_TEXT = pa.string()
_MONEY = pa.decimal128(18, 2)
_DAYS = pa.decimal128(18, 4)
_DAY = pa.date32()

_LINE: dict[str, tuple[DataType, str]] = {
    "invoice_line_id": (_TEXT, "Hash of base, kind, month, ruleset, episode and price."),
    "invoice_base_id": (_TEXT, "Month of issue and municipality: YYYY-MM-code."),
    "municipality_code": (_TEXT, "Municipality that pays."),
    "issue_month": (_DAY, "First day of the month that the base is of."),
    "original_month": (_DAY, "First day of the discharge month that the line charges."),
    "line_type": (_TEXT, "charge, credit or debit."),
    "corrects_line_id": (_TEXT, "Line that a correction corrects."),
    "episode_id": (_TEXT, "Episode charged; empty where a month's mean is."),
    "ruleset_id": (_TEXT, "Ruleset that the line follows from."),
    "quantity_days": (_DAYS, "Days charged; negative on a credit."),
    "unit_price_sek": (_MONEY, "Price of a day, SEK."),
    "amount_sek": (_MONEY, "Days times price, rounded half-up to öre once; negative on a credit."),
    "issued_at": (pa.timestamp("us"), "Midnight of the issue's as_of, local time."),
    "as_of": (_DAY, "Issue date: disputes as they stood then."),
    "content_hash": (_TEXT, "SHA-256 of the base's lines without issued_at and as_of."),
}

LINE_SCHEMA = pa.schema(
    [pa.field(name, kind, metadata={"description": text}) for name, (kind, text) in _LINE.items()]
)
"""Columns of an invoice base's lines: those of mart fct_invoice_line."""

BILLED_SCHEMA = pa.schema(
    [
        ("episode_id", _TEXT),
        ("discharge_date", _DAY),
        ("ruleset_id", _TEXT),
        ("liability_entry_date", _DAY),
        ("ready_days", pa.int32()),
        ("liable_days", pa.int32()),
        ("billing_model", _TEXT),
        ("rate_source", _TEXT),
        ("mean_level", _DAYS),
        ("mean_decimals", pa.int32()),
        ("is_billable_before_disputes", pa.bool_()),
        ("is_cut_out", pa.bool_()),
    ]
)
"""Facts of an episode that a review base freezes: what days, means and lines are made of."""

STAY_SCHEMA = pa.schema([("episode_id", _TEXT), ("stay_id", _TEXT)])
"""Which stays a frozen episode had: a dispute names a stay."""

CORRECTION_SCHEMA = pa.schema(
    [
        ("line_number", pa.int32()),
        ("original_month", _DAY),
        ("municipality_code", _TEXT),
        ("line_type", _TEXT),
        ("corrects_line_id", _TEXT),
        ("ruleset_id", _TEXT),
        ("episode_id", _TEXT),
        ("quantity_days", _DAYS),
        ("unit_price_sek", _MONEY),
        ("amount_sek", _MONEY),
    ]
)
"""A correction of an earlier month that a review base announces; see mart fct_correction_line."""

CHANGED_SCHEMA = pa.schema(
    [
        ("original_month", _DAY),
        ("episode_id", _TEXT),
        ("change_type", _TEXT),
        ("person_key", _TEXT),
        ("discharge_date_reviewed", _DAY),
        ("discharge_date_now", _DAY),
        ("ready_days_reviewed", pa.int32()),
        ("ready_days_now", pa.int32()),
        ("liable_days_reviewed", pa.int32()),
        ("liable_days_now", pa.int32()),
        ("is_billable_reviewed", pa.bool_()),
        ("is_billable_now", pa.bool_()),
    ]
)
"""An episode of a corrected month that is known otherwise than its review base froze it; see mart
fct_restatement. What is known now, and whose it is, only where it is the municipality's still."""

_ISSUE_SCHEMA = pa.schema(
    [
        ("sequence", pa.int64()),
        ("kind", _TEXT),
        ("billing_month", _DAY),
        ("municipality_code", _TEXT),
        ("version", pa.int32()),
        ("as_of", _DAY),
        ("invoice_number", _TEXT),
        ("objections_until", _DAY),
    ]
)
_OF_PART = {
    "reviewed_episode": ("review", "billed", BILLED_SCHEMA),
    "reviewed_stay": ("review", "stays", STAY_SCHEMA),
    "reviewed_correction": ("review", "corrections", CORRECTION_SCHEMA),
    "issued_invoice_line": ("invoice", "lines", LINE_SCHEMA),
}


def issued_tables(home: Home, as_of: date) -> dict[str, Table]:
    """Tables of schema `lake` that tell what was issued with as_of not after a day.

    `issue` (an entry a row), and the frozen tables, each with the `sequence` of its entry.
    """
    with Ledger.opened(home) as ledger:
        entries = ledger.entries(until=as_of)
        tables = {
            name: _parts(ledger, [each for each in entries if each.kind == kind], part, schema)
            for name, (kind, part, schema) in _OF_PART.items()
        }
    return {"issue": _issues(entries), **tables}


def issued_people(ledger: Ledger) -> set[str]:
    """Pseudonyms (of their day) that issued review bases hold."""
    found: set[str] = set()
    for entry in ledger.entries("review"):
        for part in entry.parts.keys() & {"episodes", "changed"}:
            content = pa.BufferReader(ledger.part(entry, part))
            found.update(pq.read_table(content, columns=["person_key"])["person_key"].to_pylist())
    return found - {None}


def _issues(entries: Iterable[Entry]) -> Table:
    rows = [
        {
            "sequence": each.sequence,
            "kind": each.kind,
            "billing_month": each.month,
            "municipality_code": each.municipality_code,
            "version": each.version,
            "as_of": each.as_of,
            "invoice_number": each.number,
            "objections_until": _objections_until(each),
        }
        for each in entries
    ]
    return pa.Table.from_pylist(rows, schema=_ISSUE_SCHEMA)


def _objections_until(entry: Entry) -> date | None:
    """The last day for objections that a review base names; an invoice base has none."""
    if entry.kind != "review":
        return None
    return date.fromisoformat(entry.facts["objections_until"])


def _parts(ledger: Ledger, entries: Iterable[Entry], part: str, schema: Schema) -> Table:
    sequence = pa.field("sequence", pa.int64())
    empty = schema.empty_table().add_column(0, sequence, pa.array([], pa.int64()))
    tables = [empty]
    for entry in entries:
        rows = pq.read_table(pa.BufferReader(ledger.part(entry, part))).select(schema.names)
        numbers = pa.repeat(pa.scalar(entry.sequence, pa.int64()), rows.num_rows)
        tables.append(rows.cast(schema).add_column(0, sequence, numbers))
    return pa.concat_tables(tables)
