"""What the hand-written scripts share beside their work: options, the catalog, columns, the end.

Belongs here: what is said once for bare SQL, pandas and polars. Does not: work on frames or tables.
"""

import argparse
import sqlite3
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

SEEDS = Path(__file__).parents[1] / "dbt_project" / "seeds"
AGREEMENT = "stockholm"
KEYS = {
    "stays": ["stay_id"],
    "messages": ["message_id"],
    "persons": ["person_key", "valid_from"],
    "placements": ["placement_id"],
    "disputes": ["dispute_id"],
}
"""Feed -> columns of which the newest row stands; of messages, which never change, the first."""
UPDATED = {"stays": ["updated_at"], "disputes": ["updated_at"]}
"""Feed -> what says how new a row is, before the delivery does."""
EPISODE_COLUMNS = [
    *("episode_id", "person_key", "hospital_unit", "care_type", "admitted_at", "discharged_at"),
    *("discharge_date", "is_discharged", "billing_month", "needs", "ready_notice_at", "day_zero"),
    *("liability_entry_date", "ready_days", "liable_days", "withdrawn_ready_days"),
    *("ready_days_to_date", "liable_municipality_code", "liability_basis", "district_code"),
    *("ruleset_id", "is_billable", "has_open_dispute", "admission_type", "discharge_type"),
    *("admission_notice_at", "permanent_contact_at", "sip_call_at", "care_plan_at"),
    *("consent_status", "stays_in_episode"),
]
FINDING_COLUMNS = [
    *("episode_id", "finding_code", "is_blocking", "responsible", "sender_role"),
    *("legal_reference", "text_sv"),
]


class Options(NamedTuple):
    """What every script is told: the home to read, the day as known on, the file to write."""

    home: Path
    as_of: date
    out: Path


def options(description: str | None) -> Options:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--as-of", type=date.fromisoformat, required=True)
    parser.add_argument("--out", type=Path, required=True)
    return Options(**vars(parser.parse_args()))


class File(NamedTuple):
    """A delivered file's rows in the lake."""

    file_version_id: str
    delivery_date: str
    path: str
    feed: str
    lake_file: str


def counting_files(home: Path, as_of: date) -> list[File]:
    """The file versions that count on a day, in the order of their delivery."""
    with sqlite3.connect(home / "lake" / "catalog.sqlite") as catalog:
        rows = catalog.execute(
            "select file_version_id, delivery_date, path, feed, lake_file from file_version"
            " where lake_file is not null and delivery_date <= :as_of and counts_from <= :as_of"
            " and (counts_until is null or counts_until > :as_of) order by delivery_date, path",
            {"as_of": as_of.isoformat()},
        )
        return [File(*row) for row in rows]


def check_rulesets(used: Iterable[tuple[str, str, bool]]) -> None:
    """Refuse what the frame scripts do not know.

    used: of every ruleset its unit of free days, its billing model, whether its mean is rounded.

    Raises:
        ValueError: weekdays, or a model that is not `individual` or an unrounded `mean_excess`.
    """
    for unit, model, is_rounded in used:
        if unit != "calendar":
            raise ValueError("this script counts calendar days only: use deliveries from 2020 on")
        if model != "individual" and (model != "mean_excess" or is_rounded):
            kind = f"{model} with rounded means" if is_rounded else model
            raise ValueError(f"this script knows no {kind}")


def write(out: Path, tables: Mapping[str, Any]) -> None:
    """Store frames as schema `marts` of a new DuckDB file, which does nothing but writing here."""
    with duckdb.connect(str(out)) as connection:
        connection.execute("create schema marts")
        for name, frame in tables.items():
            connection.register("frame", frame)
            connection.execute(f"create table marts.{name} as select * from frame")
