"""A warehouse of a few rows, with the tables and types that the marts' contracts promise, and what
review bases and invoice bases read of the layers below."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import yaml

from lus_assets.core.home import Home

Rows = Mapping[str, Sequence[Mapping[str, Any]]]

_CONTRACTS = Path(__file__).parents[3] / "dbt_project" / "models" / "marts"
_BELOW = {
    "staging.stg_review": "review_sequence bigint, billing_month date, municipality_code varchar,"
    " version integer, as_of date, objections_until date",
    "staging.stg_invoice": "invoice_sequence bigint, billing_month date, municipality_code varchar,"
    " as_of date, invoice_number varchar",
    "staging.stg_issued_line": "sequence bigint, invoice_line_id varchar,"
    " municipality_code varchar",
    "intermediate.int_billed_episode": "municipality_code varchar, billing_month date,"
    " episode_id varchar, discharge_date date, ruleset_id varchar, liability_entry_date date,"
    " ready_days integer, liable_days integer, billing_model varchar, rate_source varchar,"
    " mean_level decimal(18, 4), mean_decimals integer, is_billable_before_disputes boolean,"
    " is_cut_out boolean",
    "intermediate.int_stay_episode": "episode_id varchar, stay_id varchar",
}
"""Models without contract that are read beside the marts: their columns."""


@cache
def contracts() -> dict[str, dict[str, Any]]:
    """Mart -> its contract: description and columns."""
    return {
        model["name"]: model
        for path in sorted(_CONTRACTS.glob("*.yml"))
        if path.with_suffix(".sql").exists()
        for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
    }


def build_warehouse(home: Home, as_of: date, rows: Rows, marts: Sequence[str] = ()) -> None:
    """Write the home's warehouse anew: these marts (all if none is named) with the given rows.

    rows: by mart, or by schema and model for what lies below the marts.
    """
    home.warehouse.parent.mkdir(parents=True, exist_ok=True)
    home.warehouse.unlink(missing_ok=True)
    connection = duckdb.connect(str(home.warehouse))
    snapshot = {"as_of": as_of, "ruleset_ids": "stockholm-2020-somatic", "code_version": "1"}
    for model, columns in _BELOW.items():
        connection.execute(f"create schema if not exists {model.split('.')[0]}")
        connection.execute(f"create table {model} ({columns})")
        _insert(connection, model, rows.get(model, ()))
    connection.execute("create schema marts")
    for mart in marts or contracts():
        _create(connection, mart, contracts()[mart])
        _insert(connection, f"marts.{mart}", rows.get(mart, ()))
    _insert(connection, "marts.dim_snapshot", [snapshot])
    connection.close()


def _create(connection: duckdb.DuckDBPyConnection, mart: str, contract: dict[str, Any]) -> None:
    columns = ", ".join(f"{each['name']} {each['data_type']}" for each in contract["columns"])
    connection.execute(f"create table marts.{mart} ({columns})")
    connection.execute(f"comment on table marts.{mart} is {_literal(contract['description'])}")
    for each in contract["columns"]:
        text = _literal(each["description"])
        connection.execute(f"comment on column marts.{mart}.{each['name']} is {text}")


def _insert(
    connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Mapping[str, Any]]
) -> None:
    for row in rows:
        places = ", ".join("?" for _ in row)
        names = ", ".join(row)
        connection.execute(f"insert into {table} ({names}) values ({places})", list(row.values()))


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


MONTH = date(2025, 1, 1)
SOMATIC = "stockholm-2020-somatic"
PSYCHIATRIC = "stockholm-2020-psychiatric"


def municipality_month(
    code: str, ruleset_id: str = SOMATIC, invoicing: str = "active", **figures: Any
) -> dict[str, Any]:
    """A row of fct_municipality_month and fct_reviewed_month: one billable episode, no charge."""
    return {
        "billing_month": MONTH,
        "municipality_code": code,
        "ruleset_id": ruleset_id,
        "care_type": "somatic" if ruleset_id == SOMATIC else "psychiatric",
        "episodes_discharged": 1,
        "episodes_billable": 1,
        "ready_days": 0,
        "liable_days": 0,
        "charged_days": Decimal(0),
        "amount_sek": Decimal(0),
        "invoicing": invoicing,
        "status": "assumption",
    } | figures


def review(code: str, as_of: date = date(2025, 2, 5), days: int = 21) -> dict[str, Any]:
    """A row of stg_review: the review base of a municipality's month, and its days."""
    return {
        "review_sequence": int(code),
        "billing_month": MONTH,
        "municipality_code": code,
        "version": 1,
        "as_of": as_of,
        "objections_until": as_of + timedelta(days=days),
    }


def due_line(
    code: str,
    days: str,
    price: str | None = "11600.00",
    ruleset_id: str = SOMATIC,
    episode_id: str | None = None,
    **other: Any,
) -> dict[str, Any]:
    """A row of fct_due_line, a charge; without a price, the day without one is the month's 17th."""
    return {
        "issue_month": MONTH,
        "municipality_code": code,
        "original_month": MONTH,
        "line_type": "charge",
        "ruleset_id": ruleset_id,
        "episode_id": episode_id,
        "quantity_days": Decimal(days),
        "unit_price_sek": Decimal(price) if price else None,
        "amount_sek": (Decimal(days) * Decimal(price)).quantize(Decimal("0.01")) if price else None,
        "first_day_without_rate": None if price else date(2025, 1, 17),
        "rate_source": "national",
        "is_reviewed": True,
    } | other


def correction(code: str, days: str, corrects: str | None, **other: Any) -> dict[str, Any]:
    """A row of fct_due_line about December: a credit when the days are negative, else a debit."""
    kind = "credit" if Decimal(days) < 0 else "debit"
    about = {"original_month": date(2024, 12, 1), "line_type": kind, "corrects_line_id": corrects}
    return due_line(code, days, **about) | {"rate_source": None} | other


def held(line: Mapping[str, Any], dispute_id: str) -> dict[str, Any]:
    """The line, held back by a dispute."""
    return {**line, "held_by": "dispute", "first_dispute_id": dispute_id, "open_disputes": 1}


def ruleset(ruleset_id: str) -> dict[str, Any]:
    """A row of dim_ruleset: Stockholm's rulesets of 2020."""
    is_mean = ruleset_id == SOMATIC
    return {
        "ruleset_id": ruleset_id,
        "agreement_id": "stockholm",
        "care_type": "somatic" if is_mean else "psychiatric",
        "valid_from": date(2020, 1, 1),
        "billing_model": "mean_excess" if is_mean else "individual",
        "free_days": 3 if is_mean else 5,
        "free_day_unit": "calendar",
        "holiday_calendar": "se-2018",
        "cutoff_time": "12:00:00",
        "cutoff_comparator": "at_or_after",
        "mean_level": Decimal("2.00") if is_mean else None,
        "rate_source": "national",
        "admission_notice_hours": 24,
        "sip_call_days": 3,
        "source": "Regional överenskommelse från 2020",
        "status": "assumption",
        "is_own": False,
    }


def figure(
    code: str,
    measure: str,
    value: str | None,
    status: str = "ok",
    level: str = "municipality",
    **other: Any,
) -> dict[str, Any]:
    """A row of rpt_monthly_statistics."""
    return {
        "month": MONTH,
        "geography_level": level,
        "geography_code": code,
        "geography_name": f"Place {code}",
        "care_type": "all",
        "measure": measure,
        "value": Decimal(value) if value is not None else None,
        "value_status": status,
        "numerator": int(Decimal(value)) if value is not None else None,
        "as_of": date(2025, 3, 1),
    } | other
