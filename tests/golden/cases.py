"""The cases by group: one group is one landing area and one run of the pipeline.

`worlds.yml` names the groups (region, period, the region's own rows); every other file in `cases/`
holds cases. Ids and persons carry the case's id, so many cases share one landing area.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from .contract import Row, write_landing
from .short_form import PATIENT_KEYS, Patient

FOLDER = Path(__file__).parent / "cases"
CASE_KEYS = {"id", "title", "rests_on", "world", "patients", "expect", "working", "own_files"}


@dataclass(frozen=True)
class Case:
    """One hand-worked case."""

    id: str
    title: str
    rests_on: str
    world: str
    own_files: bool
    patients: list[dict[str, Any]]
    expect: dict[str, Any]


@dataclass(frozen=True)
class CaseGroup:
    """Cases that one run of the pipeline answers."""

    name: str
    region: str
    first_day: date
    as_of: date
    region_rows: dict[str, str]
    cases: list[Case] = field(default_factory=list)

    @property
    def expectations(self) -> dict[str, dict[str, Any]]:
        """What each case expects, by case id."""
        return {case.id: case.expect for case in self.cases}

    def rows(self) -> Iterator[Row]:
        """Every delivered row of the group's cases, in the order of the cases."""
        for case in self.cases:
            file = f"{case.id}.csv" if case.own_files else "delivery.csv"
            for patient in case.patients:
                yield from Patient(case.id, patient, self.first_day, file).rows()

    def write_landing(self, folder: Path) -> None:
        """Write the landing area: no gap from the first day to `as_of`, or to a later delivery."""
        rows = list(self.rows())
        last = max([self.as_of, *(row.delivered for row in rows)])
        write_landing(folder, rows, self.first_day, last)

    def only(self, case: Case) -> "CaseGroup":
        """The same run with one case alone."""
        return CaseGroup(
            f"{self.name}/{case.id}",
            self.region,
            self.first_day,
            self.as_of,
            self.region_rows,
            [case],
        )


def _case(raw: dict[str, Any]) -> Case:
    shared = {word: raw[word] for word in raw if word in PATIENT_KEYS}
    unknown = set(raw) - CASE_KEYS - PATIENT_KEYS
    if unknown:
        raise ValueError(f"{raw['id']}: unknown words {sorted(unknown)}")
    if not raw.get("working"):
        raise ValueError(f"{raw['id']}: show the arithmetic under `working`")
    return Case(
        id=raw["id"],
        title=raw["title"],
        rests_on=raw["rests_on"],
        world=raw.get("world", "spring-2024"),
        own_files=raw.get("own_files") == "true",
        patients=[shared | patient for patient in raw.get("patients", [{}])],
        expect=raw["expect"],
    )


def _read(path: Path) -> Any:
    """Read YAML with every scalar as text: 0126 stays 0126, a date stays as written."""
    return yaml.load(path.read_text("utf-8"), Loader=yaml.BaseLoader)  # noqa: S506 - text only


@cache
def case_groups() -> tuple[CaseGroup, ...]:
    """Every group with its cases, in the order of `worlds.yml`."""
    groups = {
        name: CaseGroup(
            name=name,
            region=world["region"],
            first_day=date.fromisoformat(world["from"]),
            as_of=date.fromisoformat(world["as_of"]),
            region_rows=world.get("region_rows", {}),
        )
        for name, world in _read(FOLDER / "worlds.yml").items()
    }
    seen: set[str] = set()
    for path in sorted(FOLDER.glob("*.yml")):
        if path.name == "worlds.yml":
            continue
        for case in map(_case, _read(path)):
            if case.id in seen:
                raise ValueError(f"{case.id} is used twice")
            seen.add(case.id)
            groups[case.world].cases.append(case)
    return tuple(group for group in groups.values() if group.cases)
