"""What became different in a month since its review base: amounts, episodes, and the cause."""

from datetime import date
from typing import Any

import duckdb

from lus_assets.core.errors import LusError
from lus_assets.explain.words import Row, indented, money, read
from lus_assets.privacy.arrow import Table
from lus_assets.publishing.marts import mart_rows

_MONTHS = """
    select
        month.*,
        (
            select min(municipality_name) from marts.dim_municipality as municipality
            where municipality.municipality_code = month.municipality_code
        ) as municipality_name
    from marts.fct_restatement_month as month
    where month.billing_month = ? order by month.municipality_code, month.ruleset_id
"""
_CHANGES = """
    select *, coalesce(ruleset_id_reviewed, ruleset_id_now) as ruleset_id
    from marts.fct_restatement where billing_month = ?
    order by municipality_code nulls last, episode_id
"""
_AS_OF = "select as_of from marts.dim_snapshot"
_FACTS = {
    "municipality_code": "municipality",
    "ruleset_id": "ruleset",
    "discharge_date": "discharged",
    "liability_entry_date": "liability enters",
    "ready_days": "ready days",
    "liable_days": "liable days",
    "is_billable": "billable",
}
"""Column without `_reviewed` or `_now`, and what it is called."""


def restatement_rows(connection: duckdb.DuckDBPyConnection, month: date) -> Table:
    """The month's rows of mart fct_restatement."""
    return mart_rows(connection, "fct_restatement", "billing_month = ?", [month])


def restatement_report(connection: duckdb.DuckDBPyConnection, month: date) -> list[str]:
    """Per municipality and ruleset: reviewed, issued and known amounts, and each changed episode.

    month: first day of a discharge month. No person id and no pseudonym is in the text.

    Raises:
        LusError: no review base of the month is issued, so there is nothing to compare with.
    """
    months = read(connection, _MONTHS, [month])
    if not months:
        raise LusError(
            f"there is no review base of {month:%Y-%m} with episodes",
            where="marts.fct_restatement_month",
            todo="`lus months` shows which months have one; ask for one of them",
        )
    changes = read(connection, _CHANGES, [month])
    (as_of,) = (row["as_of"] for row in read(connection, _AS_OF))
    told = [f"{month:%Y-%m} as known at {as_of}, beside its review base and what was issued"]
    unchanged = 0
    for each in months:
        own = [row for row in changes if _is_of(row, each)]
        if own or _differs(each):
            told += ["", *_month(each, own)]
        else:
            unchanged += 1
    hidden = [row for row in changes if row["municipality_code"] is None]
    if hidden:
        told += ["", "Protected identity now, municipality not shown"]
        told += indented([line for row in hidden for line in _change(row)])
    return [*told, "", f"Unchanged, by municipality and ruleset: {unchanged}"]


def changes_of(
    connection: duckdb.DuckDBPyConnection, month: date, municipality_code: str
) -> list[str]:
    """Changed episodes of one municipality's month, two lines each; empty when there are none."""
    changes = read(connection, _CHANGES, [month])
    own = [row for row in changes if row["municipality_code"] == municipality_code]
    return [line for row in own for line in _change(row)]


def _is_of(change: Row, month: Row) -> bool:
    keys = ("municipality_code", "ruleset_id")
    return all(change[key] == month[key] for key in keys)


def _differs(month: Row) -> bool:
    return (
        month["amount_reviewed_sek"] != month["amount_now_sek"] or month["correction_due_sek"] != 0
    )


def _month(month: Row, changes: list[Row]) -> list[str]:
    amounts = (
        ("reviewed", month["amount_reviewed_sek"]),
        ("issued so far", month["amount_issued_sek"]),
        ("now", month["amount_now_sek"]),
        ("correction due", month["correction_due_sek"]),
    )
    told = ", ".join(f"{what} {_sek(amount)}" for what, amount in amounts)
    return [
        f"{month['municipality_name']} ({month['municipality_code']}), {month['ruleset_id']}",
        f"  SEK: {told}",
        *indented([line for change in changes for line in _change(change)]),
    ]


def _change(change: Row) -> list[str]:
    cause = {
        "delivery": f"{change['path']}, row {change['row_number']}",
        "dispute": f"an upheld dispute: {change['path']}, row {change['row_number']}",
        "rules": "rules, settings or an operator's decision: no row delivered since explains it",
    }[change["changed_by"]]
    facts = [
        f"{what} {_text(before)} → {_text(now)}"
        for name, what in _FACTS.items()
        if (before := _before(change, name)) != (now := change[f"{name}_now"])
    ]
    return [
        f"{change['episode_id']}: {change['change_type']}; {', '.join(facts)}",
        f"  by {cause}",
    ]


def _before(change: Row, name: str) -> Any:
    if name != "municipality_code":
        return change[f"{name}_reviewed"]
    return change[name] if change["change_type"] != "appeared" else None


def _sek(amount: Any) -> str:
    return "–" if amount is None else money(amount)


def _text(value: Any) -> str:
    match value:
        case None:
            return "none"
        case bool():
            return "yes" if value else "no"
        case _:
            return str(value)
