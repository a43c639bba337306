"""A month as the marts have it: its municipalities, their rulesets, lines, which are held."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import duckdb

from lus_assets.invoicing.lines import ChargeLine
from lus_assets.privacy.arrow import Table
from lus_assets.publishing.marts import mart_rows

_LINES = """
    select
        line.ruleset_id,
        line.episode_id,
        line.quantity_days,
        line.unit_price_sek,
        line.amount_sek,
        line.first_day_without_rate,
        line.rate_source,
        held.first_dispute_id,
        held.open_disputes
    from marts.fct_charge_line as line
    left join marts.fct_held_line as held
        on
            line.billing_month = held.billing_month
            and line.municipality_code = held.municipality_code
            and line.ruleset_id = held.ruleset_id
            and line.episode_id is not distinct from held.episode_id
            and line.unit_price_sek is not distinct from held.unit_price_sek
    where line.billing_month = ? and line.municipality_code = ?
    order by line.ruleset_id, line.episode_id nulls first, line.unit_price_sek nulls first
"""


@dataclass(frozen=True)
class HeldLine:
    """A line that open disputes hold back; it comes in a later base once they are settled."""

    line: ChargeLine
    first_dispute_id: str
    open_disputes: int


@dataclass(frozen=True)
class MunicipalityMonth:
    """One municipality's month. rulesets: id -> `active` or `suspended`; lines: active ones' only.

    days_without_rate: (first day charged that has no rate, table of rates) of active rulesets.
    """

    code: str
    rulesets: dict[str, str]
    lines: tuple[ChargeLine, ...]
    held: tuple[HeldLine, ...]
    days_without_rate: tuple[tuple[date, str], ...]

    @property
    def active(self) -> list[str]:
        """Rulesets that are invoiced."""
        return [name for name, invoicing in self.rulesets.items() if invoicing == "active"]

    @property
    def suspended(self) -> list[str]:
        """Rulesets that are computed and shown, and not invoiced."""
        return [name for name, invoicing in self.rulesets.items() if invoicing != "active"]


def read_month(connection: duckdb.DuckDBPyConnection, month: date) -> list[MunicipalityMonth]:
    """Every municipality that had an episode discharged in the month, by code."""
    found = connection.execute(
        """
        select municipality_code, ruleset_id, invoicing from marts.fct_municipality_month
        where billing_month = ? order by municipality_code, ruleset_id
        """,
        [month],
    ).fetchall()
    rulesets: dict[str, dict[str, str]] = {}
    for code, ruleset_id, invoicing in found:
        rulesets.setdefault(code, {})[ruleset_id] = invoicing
    return [_municipality(connection, month, code, of) for code, of in rulesets.items()]


def read_summary(connection: duckdb.DuckDBPyConnection, month: date, code: str) -> Table:
    """Figures of a municipality's month: one row per ruleset, suspended ones too."""
    where = "billing_month = ? and municipality_code = ?"
    return mart_rows(connection, "fct_municipality_month", where, [month, code])


def read_rulesets(
    connection: duckdb.DuckDBPyConnection, ruleset_ids: list[str]
) -> list[dict[str, Any]]:
    """The rows of these rulesets, as text where JSON has no type of its own."""
    columns = "ruleset_id in (select unnest(cast(? as varchar[])))"
    rows = mart_rows(connection, "dim_ruleset", columns, [ruleset_ids]).to_pylist()
    return [{name: _json(value) for name, value in row.items()} for row in rows]


def earliest_issue(connection: duckdb.DuckDBPyConnection, month: date) -> date:
    """First as_of at which a month's base may be issued: review date plus objection days."""
    row = connection.execute("select review_day, objection_days from lake.run_parameter").fetchone()
    assert row is not None  # noqa: S101 - prepare writes exactly one row
    next_month = (month + timedelta(days=31)).replace(day=1)
    return next_month + timedelta(days=row[0] - 1 + row[1])


def read_gaps(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, int, date]]:
    """Feeds with days without a file that no operator has acknowledged: feed, days, first day."""
    return connection.execute(
        """
        select feed, count(distinct delivery_date), min(delivery_date) from marts.ingest_anomaly
        where reason_code = 'GAP' group by feed order by feed
        """
    ).fetchall()


def _municipality(
    connection: duckdb.DuckDBPyConnection, month: date, code: str, rulesets: dict[str, str]
) -> MunicipalityMonth:
    lines: list[ChargeLine] = []
    held: list[HeldLine] = []
    without_rate: set[tuple[date, str]] = set()
    for (
        ruleset_id,
        episode_id,
        days,
        price,
        amount,
        unrated,
        source,
        dispute,
        disputes,
    ) in connection.execute(_LINES, [month, code]).fetchall():
        if rulesets[ruleset_id] != "active":
            continue
        if unrated is not None:
            without_rate.add((unrated, source))
            continue
        line = ChargeLine(ruleset_id, episode_id, days, price, amount)
        if dispute is None:
            lines.append(line)
        else:
            held.append(HeldLine(line, dispute, disputes))
    return MunicipalityMonth(
        code=code,
        rulesets=rulesets,
        lines=tuple(lines),
        held=tuple(held),
        days_without_rate=tuple(sorted(without_rate)),
    )


def _json(value: Any) -> Any:
    match value:
        case date():
            return value.isoformat()
        case Decimal():
            return f"{value:f}"
        case _:
            return value
