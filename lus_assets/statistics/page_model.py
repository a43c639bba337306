"""What the page of the monthly statistics is made of: figures by name, and what stands beside them.

Belongs here: looking figures up. Does not: how they are counted, protected, worded or drawn.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from lus_assets.privacy.arrow import Table
from lus_assets.publishing.marts import Gap

COUNTY, MUNICIPALITY, DISTRICT, AGE_GROUP = "county", "municipality", "district", "age_group"
ALL = "all"
NOT_PLACES = ("other", "unknown")
"""Rows that keep the sums whole but are no municipality, district or age group."""


@dataclass(frozen=True)
class Figure:
    """A published figure. `exact`: numerator / denominator where both are published."""

    value: Decimal | None
    status: str
    numerator: int | None = None
    denominator: int | None = None

    @property
    def exact(self) -> Decimal | None:
        """The value before four decimals: what is rounded for reading is rounded once."""
        if self.value is None or self.numerator is None or not self.denominator:
            return self.value
        return Decimal(self.numerator) / self.denominator


ABSENT = Figure(None, "not_applicable")


@dataclass(frozen=True)
class Place:
    """A geography of one level, or an age group."""

    level: str
    code: str
    name: str

    @property
    def is_place(self) -> bool:
        """Is it a place, and not the rest that keeps the sums whole?"""
        return self.code not in NOT_PLACES


@dataclass(frozen=True)
class Level:
    """The mean that a municipality's month is measured against.

    days: the level of the ruleset in force. is_above: the billing rules' own answer, never
    computed here; None where no billable episode is in the mean.
    """

    days: Decimal
    care_type: str
    is_above: bool | None


@dataclass(frozen=True)
class Finding:
    """A row of dim_finding."""

    code: str
    is_blocking: bool
    responsible: str
    legal_reference: str
    text: str


@dataclass(frozen=True)
class Ruleset:
    """A ruleset that the month's figures rest on."""

    ruleset_id: str
    source: str
    is_assumption: bool


@dataclass(frozen=True)
class Waiting:
    """Patients ready and waiting (days: calendar days up to as_of, summed)."""

    name: str
    patients: int
    days: int


@dataclass(frozen=True)
class WaitingToday:
    """Who waits, protected.

    others: how many municipalities are not shown, with few or none waiting. county: None where no
    municipality is shown: its sum could give the others away.
    """

    municipalities: Sequence[Waiting]
    others: int
    county: Waiting | None

    @property
    def rest(self) -> Waiting | None:
        """All who are not shown, together: what anyone can subtract to. None without a sum."""
        if self.county is None:
            return None
        return Waiting(
            "Övriga tillsammans",
            self.county.patients - sum(each.patients for each in self.municipalities),
            self.county.days - sum(each.days for each in self.municipalities),
        )


class Figures:
    """Published figures by month, place, care type and measure."""

    def __init__(self, figures: Table, ages: Table) -> None:
        self._figures: dict[tuple[date, str, str, str, str], Figure] = {}
        self._places: dict[tuple[date, str], dict[str, Place]] = {}
        for row in figures.to_pylist():
            level, code = row["geography_level"], row["geography_code"]
            self._add(Place(level, code, row["geography_name"]), row)
        for row in ages.to_pylist():
            self._add(Place(AGE_GROUP, row["age_group"], row["age_group_name"]), row)

    def _add(self, place: Place, row: Mapping[str, Any]) -> None:
        month: date = row["month"]
        key = (month, place.level, place.code, row["care_type"], row["measure"])
        if row["value_status"] == "suppressed":  # whatever else the row holds
            self._figures[key] = Figure(None, "suppressed")
        else:
            parts = (row["value"], row["value_status"], row["numerator"], row["denominator"])
            self._figures[key] = Figure(*parts)
        self._places.setdefault((month, place.level), {})[place.code] = place

    @property
    def months(self) -> list[date]:
        """The months with figures, oldest first."""
        return sorted({month for month, _ in self._places})

    def places(self, month: date, level: str) -> list[Place]:
        """The places of a level in a month, by code."""
        return [place for _, place in sorted(self._places.get((month, level), {}).items())]

    def of(self, month: date, place: Place, measure: str, care_type: str = ALL) -> Figure:
        """A figure; one that is not published at all is `not_applicable`."""
        return self._figures.get((month, place.level, place.code, care_type, measure), ABSENT)

    def county(self, month: date) -> Place:
        """The county of a month; one without figures where there is none."""
        places = self.places(month, COUNTY)
        return places[0] if places else Place(COUNTY, "", "Hela länet")


@dataclass(frozen=True)
class PageInput:
    """Everything that a month's page shows.

    month: its first day. levels: by month and municipality code. waiting: None where the list of
    today is not shown. limit: counts from 1 to below it are protected. gaps: deliveries that lack.
    """

    month: date
    as_of: date
    figures: Figures
    levels: Mapping[tuple[date, str], Level]
    findings: Sequence[Finding]
    rulesets: Sequence[Ruleset]
    waiting: WaitingToday | None = None
    limit: int = 5
    gaps: Sequence[Gap] = ()

    @property
    def months(self) -> list[date]:
        """The months that are shown, oldest first: two years at most, up to this one."""
        return [month for month in self.figures.months if month <= self.month][-24:]

    @property
    def headline_care_type(self) -> str:
        """The care type that means are shown for: that of the levels, if they share one."""
        care_types = {
            level.care_type for (month, _), level in self.levels.items() if month == self.month
        }
        return care_types.pop() if len(care_types) == 1 else ALL
