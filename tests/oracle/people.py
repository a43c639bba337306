"""Where a person lives, who placed the person, and whether that may be told."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any

from .feeds import Values
from .rules import Rules

STOCKHOLM_CITY = "0180"


@dataclass(frozen=True)
class Place:
    """A municipality with how it was found, and a district; all empty when it may not be told."""

    municipality: str | None = None
    basis: str | None = None
    district: str | None = None


class People:
    """The register and the placements as known."""

    def __init__(self, persons: list[Values], placements: list[Values], rules: Rules) -> None:
        self.rules = rules
        self._rows: dict[str, list[Values]] = defaultdict(list)
        for row in sorted(persons, key=lambda row: row["valid_from"]):
            self._rows[row["person_key"]].append(row)
        self._placements: dict[str, list[Values]] = defaultdict(list)
        for row in placements:
            self._placements[row["person_key"]].append(row)

    def row_on(self, person: str, day: date) -> dict[str, Any] | None:
        """The register's row in force that day."""
        rows = [row for row in self._rows.get(person, []) if row["valid_from"] <= day]
        return rows[-1] if rows else None

    def is_protected(self, person: str, day: date) -> bool:
        """By that day's row or by the newest known one."""
        rows = self._rows.get(person, [])
        that_day = self.row_on(person, day)
        newest = rows[-1] if rows else None
        return any(row is not None and row["protected_identity"] for row in (that_day, newest))

    def birth_date(self, person: str, day: date) -> date | None:
        """The birth date that the register had that day."""
        row = self.row_on(person, day)
        return row["birth_date"] if row else None

    def residence(self, person: str, day: date, district_day: date) -> Place:
        """Where the person was registered that day; the district by its name on `district_day`."""
        row = self.row_on(person, day)
        if row is None or row["municipality_code"] is None or self.is_protected(person, day):
            return Place()
        district = None
        if row["municipality_code"] == STOCKHOLM_CITY:
            district = self.rules.district(row["district_code"], district_day)
        return Place(row["municipality_code"], "residence", district)

    def liable(self, person: str, day: date, district_day: date) -> Place:
        """The liable municipality at that day."""
        if self.is_protected(person, day):
            return Place()
        home = self.residence(person, day, district_day)
        placements = [
            row
            for row in self._placements.get(person, [])
            if row["housing"] == "special_service"
            and row["placing_municipality_code"] != row["staying_municipality_code"]
            and row["valid_from"] <= day
            and (row["valid_to"] is None or day <= row["valid_to"])
        ]
        if not placements:
            return home
        chosen = max(placements, key=lambda row: (row["valid_from"], row["placement_id"]))
        placing = chosen["placing_municipality_code"]
        return Place(placing, "placement", home.district if placing == home.municipality else None)
