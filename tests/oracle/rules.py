"""The rules as data: which ruleset, rate, invoicing and district name holds on a day."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

SEEDS = Path(__file__).parents[2] / "dbt_project" / "seeds"
STATUTE = "statute"
Record = dict[str, str]


@dataclass(frozen=True)
class Ruleset:
    """One ruleset row, typed."""

    ruleset_id: str
    care_type: str
    billing_model: str
    free_days: int
    free_day_unit: str
    holidays: frozenset[date]
    cutoff_time: time
    cutoff_comparator: str
    mean_level: Decimal | None
    mean_decimals: int | None
    individual_after_days: int | None
    rate_source: str
    admission_notice_hours: int
    sip_call_days: int
    status: str

    def day_zero(self, sent_at: datetime) -> date:
        """The day that a ready notice counts from."""
        if self.cutoff_comparator == "at_or_after":
            late = sent_at.time() >= self.cutoff_time
        else:
            late = sent_at.time() > self.cutoff_time
        return sent_at.date() + timedelta(days=1 if late else 0)

    def entry_date(self, day_zero: date) -> date:
        """The day that liability enters."""
        if self.free_day_unit == "calendar":
            return day_zero + timedelta(days=self.free_days)
        day, passed = day_zero, 0
        while passed < self.free_days:
            day += timedelta(days=1)
            if day.weekday() < 5 and day not in self.holidays:
                passed += 1
        return day


class Rules:
    """Shipped rows and the region's own."""

    def __init__(self, region: str, region_dir: Path | None) -> None:
        self.region = region
        self.region_dir = region_dir
        self.findings = {row["finding_code"]: row for row in self._rows("finding")}
        self.region_municipalities = {
            row["municipality_code"]
            for row in self._rows("municipality")
            if row["county_code"] == region
        }
        self._districts = {row["district_name"]: row for row in self._rows("district")}
        self._parties = [r for r in self._rows("agreement_party") if r["region_code"] == region]
        self._ruleset_rows = self._rows("ruleset")
        self._rates = self._rows("daily_rate")
        self._invoicing = self._rows("ruleset_invoicing")
        self._holidays = self._rows("holiday")

    def _rows(self, seed: str) -> list[Record]:
        """The region's own rows come last, so that of two equally new rows its own is chosen."""
        rows: list[Record] = []
        for folder in (SEEDS, self.region_dir):
            path = folder / f"{seed}.csv" if folder else None
            if path and path.exists():
                with path.open(encoding="utf-8-sig", newline="") as handle:
                    rows += list(csv.DictReader(handle))
        return rows

    def ruleset(self, municipality: str | None, care_type: str, day: date) -> Ruleset | None:
        """The ruleset in force that day for a municipality (None: unknown) and a care type."""
        party = [
            row
            for row in self._parties
            if row["municipality_code"] == municipality and _in_force(row, day)
        ]
        agreement = party[-1]["agreement_id"] if party else STATUTE
        for care in (care_type, "any"):
            row = _newest(
                row
                for row in self._ruleset_rows
                if row["agreement_id"] == agreement
                and row["care_type"] == care
                and _in_force(row, day)
            )
            if row:
                return self._typed(row)
        return None

    def earliest_statute(self) -> Ruleset:
        """Where no ruleset is in force the deadlines are the statute's first ones."""
        rows = [row for row in self._ruleset_rows if row["agreement_id"] == STATUTE]
        return self._typed(min(rows, key=lambda row: row["valid_from"]))

    def rate(self, source: str, day: date) -> Decimal | None:
        """The daily rate in force that day, None where nobody knows it."""
        row = _newest(
            row for row in self._rates if row["rate_source"] == source and _in_force(row, day)
        )
        return Decimal(row["rate_sek"]) if row else None

    def invoicing(self, ruleset_id: str, month: date) -> str:
        """By the row in force on the month's first day; nobody has activated what has no row."""
        row = _newest(
            row
            for row in self._invoicing
            if row["ruleset_id"] == ruleset_id and _in_force(row, month)
        )
        return row["invoicing"] if row else "suspended"

    def district(self, name: str | None, day: date) -> str | None:
        """The name that day of a district under its own or an older name."""
        while name is not None:
            row = self._districts.get(name)
            if row is None or date.fromisoformat(row["valid_from"]) > day:
                return None
            if _in_force(row, day):
                return name
            name = row["merged_into"] or None
        return None

    def _typed(self, row: Record) -> Ruleset:
        calendar = row["holiday_calendar"]
        return Ruleset(
            ruleset_id=row["ruleset_id"],
            care_type=row["care_type"],
            billing_model=row["billing_model"],
            free_days=int(row["free_days"]),
            free_day_unit=row["free_day_unit"],
            holidays=frozenset(
                date.fromisoformat(holiday["holiday_date"])
                for holiday in self._holidays
                if holiday["holiday_calendar"] == calendar
            ),
            cutoff_time=time.fromisoformat(row["cutoff_time"]),
            cutoff_comparator=row["cutoff_comparator"],
            mean_level=Decimal(row["mean_level"]) if row["mean_level"] else None,
            mean_decimals=int(row["mean_decimals"]) if row["mean_decimals"] else None,
            individual_after_days=int(row["individual_after_days"] or 0) or None,
            rate_source=row["rate_source"],
            admission_notice_hours=int(row["admission_notice_hours"]),
            sip_call_days=int(row["sip_call_days"]),
            status=row["status"],
        )


def _in_force(row: Record, day: date) -> bool:
    if date.fromisoformat(row["valid_from"]) > day:
        return False
    return not row["valid_to"] or day <= date.fromisoformat(row["valid_to"])


def _newest(rows: Iterable[Record]) -> Record | None:
    newest: Record | None = None
    for row in rows:
        if newest is None or row["valid_from"] >= newest["valid_from"]:
            newest = row
    return newest


def half_up(value: Decimal, decimals: int) -> Decimal:
    """Rounded half up, as people round."""
    return value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
