"""Small nasty landing areas from a seed: everything that can go wrong, close together.

The same seed gives the same files. `landings()` is the hypothesis strategy over seeds.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from ..golden.contract import Row, write_landing
from .nasty_episode import MOMENTS, NastyEpisode, a_message, any_of

DAYS = 28
EDGES = {
    "01": ("2017-12-29", "2018-12-29", "2019-04-18", "2019-12-29", "2020-06-28", "2020-12-29",
           "2022-12-29", "2023-06-28", "2023-12-29", "2024-02-27", "2024-03-29",
           "2024-10-25", "2024-12-29"),
    "14": ("2018-09-23", "2022-12-29", "2023-05-29", "2024-02-27"),
    "20": ("2022-12-29", "2023-03-29", "2024-01-30"),
}  # fmt: skip
MUNICIPALITIES = {
    "01": ("0180", "0180", "0180", "0126", "0127", "0160", "0380", "0380", "1480", ""),
    "14": ("1480", "1480", "1481", "1490", "0180", ""),
    "20": ("2080", "2080", "2081", "2084", "0180", ""),
}
DISTRICTS = ("Bromma", "Älvsjö", "Hägersten-Älvsjö", "Rinkeby-Kista", "Järva", "Norrmalm",
             "Norra innerstaden", "Sagolandet", "")  # fmt: skip
# Published test numbers; each person writes an own one in several ways.
NUMBERS = ("189001019802", "189001029819", "189001039800", "189001049817")
OWN_RATE = (
    "rate_source,valid_from,valid_to,rate_sek,source,status\n"
    "national,2025-01-01,2025-12-31,12100.50,Test,assumption\n"
)
OWN_INVOICING = (
    "ruleset_id,valid_from,valid_to,invoicing,source,status\n"
    "stockholm-2020-somatic,2024-11-01,,active,Test,assumption\n"
)


@dataclass(frozen=True)
class NastyLanding:
    """One generated landing area and how to look at it."""

    seed: int
    region: str
    first_day: date
    as_of: date
    region_rows: dict[str, str]
    rows: tuple[Row, ...]

    def write_landing(self, folder: Path) -> None:
        """Write all feeds for all days, also those delivered after `as_of`."""
        last = max([self.as_of, *(row.delivered for row in self.rows)])
        write_landing(folder, self.rows, self.first_day, last)


def landings() -> st.SearchStrategy[NastyLanding]:
    """Every seed's landing area."""
    return st.integers(min_value=0, max_value=2**32 - 1).map(nasty_landing)


def nasty_landing(seed: int, region: str | None = None) -> NastyLanding:
    """The landing area of a seed; a region may be asked for."""
    rng = random.Random(seed)  # noqa: S311 - reproducible, not secret
    region = region or any_of(rng, ("01", "01", "01", "14", "20"))
    edge = date.fromisoformat(any_of(rng, EDGES[region]))
    first_day = edge - timedelta(days=rng.randint(8, 20))
    as_of = first_day + timedelta(days=rng.randint(16, DAYS + 10))
    county = _County(rng, region, first_day)
    rows = tuple(county.rows())
    own: dict[str, str] = {} if region == "01" else {"settings.toml": f'region = "{region}"\n'}
    if edge.year >= 2024 and rng.random() < 0.5:
        own |= {"daily_rate.csv": OWN_RATE, "ruleset_invoicing.csv": OWN_INVOICING}
    return NastyLanding(seed, region, first_day, as_of, own, rows)


class _County:
    """Persons, their stays and messages, and how all of it is delivered."""

    def __init__(self, rng: random.Random, region: str, first_day: date) -> None:
        self.rng = rng
        self.region = region
        self.first_day = first_day
        self.message_ids: list[str] = []

    def rows(self) -> Iterator[Row]:
        for number in range(self.rng.randint(14, 70)):
            yield from self._deliver(self._person(number))

    def _chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def _moment(self, earliest: int = 0, latest: int = DAYS) -> datetime:
        day = self.first_day + timedelta(days=self.rng.randint(earliest, latest))
        return datetime.combine(day, time.fromisoformat(any_of(self.rng, MOMENTS)))

    def _person(self, number: int) -> Iterator[tuple[str, dict[str, str], date]]:
        """The rows of one person with the day each is about."""
        person_id = f"R-{number:03d}"
        forms = [person_id]
        if number < len(NUMBERS):
            full = NUMBERS[number]
            forms = [full, f"{full[:8]}-{full[8:]}", f"{full[2:8]}+{full[8:]}"]
        if not self._chance(0.04):
            yield from self._register(forms)
        yield from self._placements(number, forms)
        for stay in self._stays(number, forms):
            yield from stay

    def _register(self, forms: list[str]) -> Iterator[tuple[str, dict[str, str], date]]:
        born = self._birth_date()
        days = {date(2010, 1, 1)}
        days |= {self._moment().date() for _ in range(any_of(self.rng, (0, 0, 0, 1, 1, 2)))}
        for day in sorted(days):
            yield "persons", self._register_row(forms, born, day), day
            if self._chance(0.1):
                again = self._register_row(forms, born, day)
                yield "persons", again, self._moment().date()

    def _register_row(self, forms: list[str], born: str, day: date) -> dict[str, str]:
        return {
            "person_id": any_of(self.rng, forms),
            "birth_date": born if self._chance(0.95) else self._birth_date(),
            "municipality_code": any_of(self.rng, MUNICIPALITIES[self.region]),
            "district_code": any_of(self.rng, DISTRICTS),
            "protected_identity": any_of(self.rng, ("",) * 9 + ("false",) * 9 + ("true",)),
            "valid_from": day.isoformat(),
        }

    def _birth_date(self) -> str:
        if self._chance(0.08):
            return ""
        age = any_of(self.rng, (3, 17, 40, 64, 65, 65, 70, 80, 90))
        day = self._moment().date()
        return day.replace(year=day.year - age, day=min(day.day, 28)).isoformat()

    def _placements(self, number: int, forms: list[str]) -> Iterator[tuple[str, dict, date]]:
        if not self._chance(0.2):
            return
        codes = [code for code in MUNICIPALITIES[self.region] if code]
        shared = self._moment(0, 14).date()
        for _ in range(self.rng.randint(1, 3)):
            begins = any_of(self.rng, (shared, date(2015, 1, 1), self._moment(0, 14).date()))
            # on odd days it is annulled: it ends before it begins
            last_day = begins + timedelta(days=-1 if begins.day % 2 else 9)
            ends = any_of(self.rng, ("", "", last_day.isoformat()))
            yield (
                "placements",
                {
                    "placement_id": f"PL-{self.rng.randrange(1000):03d}-{number}",
                    "person_id": any_of(self.rng, forms),
                    "placing_municipality_code": any_of(self.rng, codes),
                    "staying_municipality_code": any_of(self.rng, codes),
                    "legal_basis": any_of(self.rng, ("sol", "lss")),
                    "housing": any_of(self.rng, ("special_service",) * 3 + ("other",)),
                    "valid_from": begins.isoformat(),
                    "valid_to": ends,
                },
                begins,
            )

    def _stays(self, number: int, forms: list[str]) -> Iterator[Iterator[tuple[str, dict, date]]]:
        admitted = self._moment(0, 12)
        for turn in range(any_of(self.rng, (1, 1, 2, 3, 4, 6))):
            stay_id = f"S-{number:03d}-{self.rng.randrange(100):02d}{turn}"
            episode = NastyEpisode(self.rng, stay_id, any_of(self.rng, forms), admitted)
            yield episode.rows(self.message_ids)
            if self._chance(0.25):
                yield self._dispute(stay_id)
            if episode.discharged is None:
                return
            admitted = episode.next_admission()
            if admitted.date() > self.first_day + timedelta(days=DAYS):
                return

    def _dispute(self, stay_id: str) -> Iterator[tuple[str, dict[str, str], date]]:
        raised = self._moment(14)
        codes = [code for code in MUNICIPALITIES[self.region][:4] if code]
        row: dict[str, str] = {
            "dispute_id": f"D-{stay_id}",
            "episode_id": stay_id,
            "municipality_code": any_of(self.rng, codes),
            "billing_month": raised.strftime("%Y-%m"),
            "ground": "Kommunen bestrider",
            "raised_at": str(raised),
        }
        for _ in range(self.rng.randint(1, 3)):
            updated = raised + timedelta(hours=any_of(self.rng, (0, 0, 1, 24)))
            status = any_of(self.rng, ("open", "upheld", "rejected"))
            yield "disputes", row | {"status": status, "updated_at": str(updated)}, updated.date()

    def _deliver(self, facts: Iterator[tuple[str, dict[str, str], date]]) -> Iterator[Row]:
        """Most rows come on their day; some late, some early, some twice, some changed."""
        for feed, values, day in facts:
            delivered = max(self.first_day, day + timedelta(days=self._delay(feed, values)))
            yield Row(feed, delivered, self._file(), values)
            if self._chance(0.06):
                later = delivered + timedelta(days=any_of(self.rng, (0, 0, 1, 3)))
                yield Row(feed, later, self._file(), values)
            if feed == "messages" and self._chance(0.03):
                later = delivered + timedelta(days=any_of(self.rng, (0, 1)))
                yield Row(feed, later, self._file(), a_message(self.rng, values))

    def _delay(self, feed: str, values: dict[str, Any]) -> int:
        """A discharge is never known before it happened; anything else may be."""
        if self._chance(0.08):
            return self.rng.randint(1, 6)
        may_be_early = feed != "stays" or not values.get("discharged_at")
        return -1 if may_be_early and self._chance(0.02) else 0

    def _file(self) -> str:
        return any_of(self.rng, ("delivery.csv",) * 8 + ("a.csv", "z.csv"))
