"""The region's own rows beside the shipped seeds: `<home>/region/<seed>.csv`, checked and typed.

A file has the columns of the seed of the same name; columns left out are empty. What is shipped is
not touched: models put an own row in the place of a shipped row with the same key, and let own rows
win where validities overlap.
"""

import csv
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import yaml

from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.core.identifiers import ADDRESS_SCHEMES, ORGANISATION_SCHEME
from lus_assets.privacy.person_id import refuse_person_ids
from lus_assets.warehouse.own_rows_check import check_own_rows
from lus_assets.warehouse.project import DBT_PROJECT

CLOSED_SETS: dict[str, set[str]] = {
    "billing_model": {"individual", "mean_excess", "mean_gate", "mean_excess_cutout"},
    "free_day_unit": {"calendar", "weekday"},
    "cutoff_comparator": {"after", "at_or_after"},
    "care_type": {"somatic", "psychiatric", "any"},
    "measure": {"ready_days_all", "liable_days", "mean_ready_days"},
    "invoicing": {"active", "suspended"},
    "status": {"sourced", "assumption"},
    "electronic_address_scheme": set(ADDRESS_SCHEMES),
}
OF_TABLE = {"reference_series": {"care_type": {"somatic", "psychiatric", "all"}}}
"""Closed sets of one table that are not those of its columns elsewhere."""
MAY_BE_EMPTY = {
    "valid_to",
    "mean_level",
    "mean_decimals",
    "individual_after_days",
    "merged_into",
    "holiday_name",
    "electronic_address",
    "buyer_reference",
    "order_reference",
    "vat_id",
    "street",
    "postal_code",
    "city",
}
DEFAULTS = {
    "source": "Regionens egen rad",
    "status": "sourced",
    "country": "SE",
    "electronic_address_scheme": ORGANISATION_SCHEME,
}
SEEDS = (
    *("ruleset", "ruleset_invoicing", "agreement_party", "daily_rate", "holiday", "district"),
    "reference_series",
)
# Tables without a seed, read where they are used: nothing of them is computed in the warehouse.
UNSEEDED = ("invoice_recipient",)


@dataclass(frozen=True)
class OwnTable:
    """One seed's own rows: columns with their SQL types, in the seed's order, and typed rows."""

    seed: str
    columns: dict[str, str]
    rows: list[tuple[Any, ...]]


def load_own_rows(home: Home) -> list[OwnTable]:
    """Read every own table of a home; a seed without a file has no rows.

    Raises:
        LusError: a file that is no table of ours, an unknown or missing column, a value that does
            not fit, a row that breaks what must hold of it. It names the file and the row.
    """
    known = {f"{table}.csv" for table in SEEDS + UNSEEDED}
    for path in sorted(home.region.glob("*.csv")):
        if path.name not in known:
            raise LusError(
                f"{path.name} is not a table that a region can add rows to",
                where=str(path),
                todo=f"name it one of: {', '.join(sorted(known))}",
            )
    types = _seed_types()
    placed = {seed: read_rows(home.region / f"{seed}.csv", types[seed]) for seed in SEEDS}
    check_own_rows(placed, types)
    return [OwnTable(seed, types[seed], [row for _, row in rows]) for seed, rows in placed.items()]


def _seed_types() -> dict[str, dict[str, str]]:
    text = (DBT_PROJECT / "seeds" / "seeds.yml").read_text(encoding="utf-8")
    return {seed["name"]: seed["config"]["column_types"] for seed in yaml.safe_load(text)["seeds"]}


def read_rows(path: Path, types: dict[str, str]) -> list[tuple[str, tuple[Any, ...]]]:
    """The rows of an own table, each with where it stands; none without a file.

    types: columns with their SQL types; they also give the order of a row's values.

    Raises:
        LusError: as `load_own_rows`.
    """
    if not path.exists():
        return []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            header, *rows = list(csv.reader(file, strict=True)) or [[]]
    except (csv.Error, UnicodeDecodeError) as error:
        raise LusError(
            "the file is not comma-separated UTF-8 text", where=str(path), todo="save it as such"
        ) from error
    _check_header(path, header, types)
    numbered = [(f"{path}, row {number}", row) for number, row in enumerate(rows, start=1) if row]
    sets = CLOSED_SETS | OF_TABLE.get(path.stem, {})
    return [(where, _typed(where, header, row, types, sets)) for where, row in numbered]


def _check_header(path: Path, header: list[str], types: dict[str, str]) -> None:
    given = set(header)
    if len(given) < len(header):
        raise LusError("a column is named twice", where=str(path), todo="keep one of them")
    if unknown := given - set(types):
        raise LusError(
            f"unknown column: {', '.join(sorted(unknown))}",
            where=str(path),
            todo=f"use the columns {', '.join(types)}",
        )
    if missing := set(types) - given - MAY_BE_EMPTY - set(DEFAULTS):
        raise LusError(
            f"missing column: {', '.join(sorted(missing))}",
            where=str(path),
            todo="add the column; only what may be empty can be left out",
        )


def _typed(
    where: str,
    header: list[str],
    row: list[str],
    types: dict[str, str],
    sets: dict[str, set[str]],
) -> tuple[Any, ...]:
    if len(row) != len(header):
        raise LusError(
            "the row has more or fewer values than the header", where=where, todo="mend the row"
        )
    given = dict(zip(header, row, strict=True))
    return tuple(
        _value(where, column, kind, given.get(column, ""), sets.get(column))
        for column, kind in types.items()
    )


def _value(where: str, column: str, kind: str, text: str, allowed: set[str] | None) -> Any:
    text = text.strip() or DEFAULTS.get(column, "")
    if not text:
        if column in MAY_BE_EMPTY:
            return None
        raise LusError(f"{column} is empty", where=where, todo=f"give {column} a value")
    if allowed is not None and text not in allowed:
        raise LusError(
            f"{column} is none of the known values",
            where=where,
            todo=f"use one of: {', '.join(sorted(allowed))}",
        )
    refuse_person_ids({column: text}, where)
    try:
        return _parse(kind, text)
    except (ValueError, InvalidOperation):
        raise LusError(
            f"{column} cannot be read as {kind}", where=where, todo=f"mend {column} in that row"
        ) from None


def _parse(kind: str, text: str) -> Any:
    match kind:
        case "date":
            return date.fromisoformat(text)
        case "time":
            return time.fromisoformat(text)
        case "integer":
            return int(text)
        case "boolean":
            return {"true": True, "false": False}[text]
        case "varchar":
            return text
        case _:
            return _decimal(kind, text)


def _decimal(kind: str, text: str) -> Decimal:
    """A number that `decimal(<digits>,<decimals>)` holds as it is written, never rounded."""
    digits, decimals = (int(part) for part in kind.removeprefix("decimal(")[:-1].split(","))
    number = Decimal(text)
    if not number.is_finite() or abs(number) >= Decimal(10) ** (digits - decimals):
        raise InvalidOperation
    if number != round(number, decimals):
        raise InvalidOperation
    return number
