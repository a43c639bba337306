"""Issuing from a warehouse of a few rows, and what came of it."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from lus_assets.core.home import Home
from lus_assets.invoicing.issuing.invoice_bases import issue_invoice_bases
from lus_assets.invoicing.issuing.outcome import IssueReport, Outcome
from lus_assets.ledger.ledger import Entry, Kind, Ledger
from tests.unit.publishing.tiny_marts import (
    MONTH,
    PSYCHIATRIC,
    SOMATIC,
    build_warehouse,
    review,
    ruleset,
)

REVIEWED, FIRST_DAY, LATER = date(2025, 2, 5), date(2025, 2, 26), date(2025, 3, 26)
MARTS = (
    *("dim_municipality", "dim_ruleset", "dim_snapshot", "fct_due_line", "fct_municipality_month"),
    *("fct_reviewed_month", "ingest_anomaly"),
)
Row = dict[str, Any]


def build(
    home: Home,
    months: Sequence[Row],
    lines: Sequence[Row] = (),
    *,
    as_of: date = FIRST_DAY,
    reviews: Sequence[Row] | None = None,
    anomalies: Sequence[Row] = (),
    **others: Sequence[Row],
) -> None:
    """A warehouse where each month's municipality was reviewed, unless reviews say otherwise."""
    codes = sorted({row["municipality_code"] for row in (*months, *lines)})
    rows: Mapping[str, Sequence[Row]] = {
        "fct_municipality_month": months,
        "fct_reviewed_month": months,
        "fct_due_line": lines,
        "ingest_anomaly": anomalies,
        "dim_ruleset": [ruleset(SOMATIC), ruleset(PSYCHIATRIC)],
        "staging.stg_review": [review(code) for code in codes] if reviews is None else reviews,
        **{name.replace("__", "."): given for name, given in others.items()},
    }
    build_warehouse(home, as_of, rows, MARTS)


def issue(home: Home, as_of: date = FIRST_DAY, failed_checks: Sequence[str] = ()) -> IssueReport:
    return issue_invoice_bases(home, MONTH, as_of, failed_checks)


def only(report: IssueReport) -> Outcome:
    (outcome,) = report.outcomes
    return outcome


def entry_of(home: Home, code: str = "0180", kind: Kind = "invoice") -> Entry:
    with Ledger.opened(home) as ledger:
        entry = ledger.newest(kind, MONTH, code)
    assert entry is not None
    return entry


def part_of(home: Home, code: str, name: str, kind: Kind = "invoice") -> list[Row]:
    """A table of an issued base, as the ledger keeps it."""
    with Ledger.opened(home) as ledger:
        entry = ledger.newest(kind, MONTH, code)
        assert entry is not None
        return pq.read_table(pa.BufferReader(ledger.part(entry, name))).to_pylist()


def entries(home: Home) -> list[Entry]:
    with Ledger.opened(home) as ledger:
        return ledger.entries()


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
