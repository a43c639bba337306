"""A warehouse of a few rows, with the tables and types that the marts' contracts promise."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import yaml

from lus_assets.core.home import Home

Rows = Mapping[str, Sequence[Mapping[str, Any]]]

_CONTRACTS = Path(__file__).parents[3] / "dbt_project" / "models" / "marts"


@cache
def contracts() -> dict[str, dict[str, Any]]:
    """Mart -> its contract: description and columns."""
    return {
        model["name"]: model
        for path in sorted(_CONTRACTS.glob("*.yml"))
        if path.with_suffix(".sql").exists()
        for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
    }


def build_warehouse(
    home: Home, as_of: date, rows: Rows, marts: Sequence[str] = (), **parameters: int
) -> None:
    """Write the home's warehouse anew: these marts (all if none is named) with the given rows."""
    home.warehouse.parent.mkdir(parents=True, exist_ok=True)
    home.warehouse.unlink(missing_ok=True)
    connection = duckdb.connect(str(home.warehouse))
    snapshot = {"as_of": as_of, "ruleset_ids": "stockholm-2020-somatic", "code_version": "1"}
    parameter = {"as_of": as_of, "region_code": "01", "review_day": 5, "objection_days": 21}
    parameter |= {"code_version": "1"} | parameters
    connection.execute("create schema lake")
    connection.execute(
        """
        create table lake.run_parameter (as_of date, region_code varchar, review_day integer,
        objection_days integer, code_version varchar)
        """
    )
    _insert(connection, "lake.run_parameter", [parameter])
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
    """A row of fct_municipality_month: one discharged, billable episode, nothing charged."""
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


def charge_line(
    code: str,
    days: str,
    price: str | None = "11600.00",
    ruleset_id: str = SOMATIC,
    episode_id: str | None = None,
) -> dict[str, Any]:
    """A row of fct_charge_line; without a price, the day without one is the month's 17th."""
    return {
        "billing_month": MONTH,
        "municipality_code": code,
        "ruleset_id": ruleset_id,
        "episode_id": episode_id,
        "quantity_days": Decimal(days),
        "unit_price_sek": Decimal(price) if price else None,
        "amount_sek": (Decimal(days) * Decimal(price)).quantize(Decimal("0.01")) if price else None,
        "first_day_without_rate": None if price else date(2025, 1, 17),
        "rate_source": "national",
    }


def held_line(line: Mapping[str, Any], dispute_id: str) -> dict[str, Any]:
    """The row of fct_held_line for a charge line."""
    kept = {
        name: line[name] for name in line if name not in ("first_day_without_rate", "rate_source")
    }
    return kept | {"first_dispute_id": dispute_id, "open_disputes": 1}


def ruleset(ruleset_id: str) -> dict[str, Any]:
    """A row of dim_ruleset, as much as releases read."""
    return {
        "ruleset_id": ruleset_id,
        "valid_from": date(2020, 1, 1),
        "mean_level": Decimal("2.00"),
        "status": "assumption",
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
