"""A month as the marts have it: what each municipality's invoice base would hold if issued now."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb

from lus_assets.invoicing.issuing.lines import DueLine, HeldLine
from lus_assets.privacy.arrow import Table
from lus_assets.publishing.marts import mart_rows

_DUE = """
    select
        municipality_code, original_month, line_type, corrects_line_id, ruleset_id, episode_id,
        quantity_days, unit_price_sek, amount_sek,
        first_day_without_rate, rate_source, held_by, first_dispute_id, open_disputes
    from marts.fct_due_line where issue_month = ? and is_reviewed
    order by all nulls first
"""
_REVIEWS = """
    select municipality_code, as_of, objections_until from staging.stg_review
    where billing_month = ? order by municipality_code
"""
_RULESETS = """
    select municipality_code, ruleset_id, invoicing from marts.fct_reviewed_month
    where billing_month = ? order by municipality_code, ruleset_id
"""
_KNOWN = """
    select distinct municipality_code from marts.fct_municipality_month
    where billing_month = ? order by municipality_code
"""
_NUMBERS = """
    select line.invoice_line_id, invoice.invoice_number
    from staging.stg_issued_line as line
    inner join staging.stg_invoice as invoice on line.sequence = invoice.invoice_sequence
    where line.municipality_code = ?
"""


@dataclass
class MunicipalityMonth:
    """One municipality's month, as its review base froze it and disputes stand now.

    reviewed_as_of, objections_until: the review base's; rulesets: id -> `active` or `suspended`;
    lines, held: of active rulesets, and corrections; days_without_rate: (first charged day without
    a rate, table of rates).
    """

    code: str
    reviewed_as_of: date
    objections_until: date
    rulesets: dict[str, str]
    lines: list[DueLine]
    held: list[HeldLine]
    days_without_rate: set[tuple[date, str]]

    @property
    def active(self) -> list[str]:
        """Rulesets that are invoiced."""
        return [name for name, invoicing in self.rulesets.items() if invoicing == "active"]

    @property
    def suspended(self) -> list[str]:
        """Rulesets that are computed and shown, and not invoiced."""
        return [name for name, invoicing in self.rulesets.items() if invoicing != "active"]

    @property
    def has_corrections(self) -> bool:
        """Does it credit or debit an earlier month?"""
        return any(line.line_type != "charge" for line in self.lines)


def read_month(connection: duckdb.DuckDBPyConnection, month: date) -> list[MunicipalityMonth]:
    """Every municipality with a review base of the month and something in it, by code."""
    found = {
        code: MunicipalityMonth(code, as_of, until, {}, [], [], set())
        for code, as_of, until in connection.execute(_REVIEWS, [month]).fetchall()
    }
    for code, ruleset_id, invoicing in connection.execute(_RULESETS, [month]).fetchall():
        found[code].rulesets[ruleset_id] = invoicing
    for code, *line in connection.execute(_DUE, [month]).fetchall():
        _add(found[code], line)
    return [each for each in found.values() if each.rulesets or each.lines or each.held]


def is_reviewed(connection: duckdb.DuckDBPyConnection, month: date) -> bool:
    """Was anybody sent a review base of the month?"""
    return connection.execute(_REVIEWS, [month]).fetchone() is not None


def municipalities_not_reviewed(connection: duckdb.DuckDBPyConnection, month: date) -> list[str]:
    """Municipalities with episodes of the month, as known now."""
    return [code for (code,) in connection.execute(_KNOWN, [month]).fetchall()]


def reviewed_months(connection: duckdb.DuckDBPyConnection, month: date, code: str) -> Table:
    """Figures of a municipality's month: one row per ruleset, suspended ones too."""
    where = "billing_month = ? and municipality_code = ?"
    return mart_rows(connection, "fct_reviewed_month", where, [month, code])


def rulesets(connection: duckdb.DuckDBPyConnection, ruleset_ids: list[str]) -> Table:
    """The rows of these rulesets."""
    where = "ruleset_id in (select unnest(cast(? as varchar[])))"
    return mart_rows(connection, "dim_ruleset", where, [ruleset_ids])


def json_rows(table: Table) -> list[dict[str, Any]]:
    """A table's rows, as text where JSON has no type of its own."""
    return [{name: _json(value) for name, value in row.items()} for row in table.to_pylist()]


def municipality_names(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Code -> name of every municipality."""
    found = connection.execute(
        "select distinct municipality_code, municipality_name from marts.dim_municipality"
    )
    return dict(found.fetchall())


def numbers_of_lines(connection: duckdb.DuckDBPyConnection, code: str) -> dict[str, str]:
    """Line of the ledger -> number of the invoice base that it was issued in, of a municipality."""
    return dict(connection.execute(_NUMBERS, [code]).fetchall())


def _add(month: MunicipalityMonth, row: list[Any]) -> None:
    *line, unrated, rate_source, held_by, first_dispute_id, open_disputes = row
    if unrated is not None:
        month.days_without_rate.add((unrated, rate_source))
    elif held_by is None:
        month.lines.append(DueLine(*line))
    else:
        month.held.append(HeldLine(DueLine(*line), held_by, first_dispute_id, open_disputes))


def _json(value: Any) -> Any:
    match value:
        case date():
            return value.isoformat()
        case Decimal():
            return f"{value:f}"
        case _:
            return value
