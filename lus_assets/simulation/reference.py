"""The county's places, hospitals and test numbers, from `data/`."""

import csv
import gzip
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

import numpy as np

from lus_assets.simulation.clock import STYLES, day_number
from lus_assets.simulation.columns import Array

OTHER_COUNTIES = ("0380", "0305", "0331", "0480", "0486", "0580", "1480", "1880", "2180", "2480")
STOCKHOLM = "0180"
_DATA = files("lus_assets.simulation") / "data"


def _rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader((_DATA / name).read_text(encoding="utf-8").splitlines()))


def _floats(rows: list[dict[str, str]], name: str) -> Array:
    return np.array([float(row[name]) for row in rows])


@dataclass(frozen=True)
class Places:
    """The county's municipalities first, then the other counties'. Parallel arrays."""

    codes: Array
    names: Array
    share: Array
    """Of the county's inhabitants; only the county's own."""
    mean_ready_days: Array
    """Aimed at, not the real municipality's."""

    @property
    def county(self) -> int:
        """How many municipalities are the county's."""
        return len(self.share)

    @property
    def stockholm(self) -> int:
        """Position of the city that has districts."""
        return int(np.flatnonzero(self.codes == STOCKHOLM)[0])


@cache
def places() -> Places:
    """Municipalities by position."""
    rows = _rows("municipalities.csv")
    share = _floats(rows, "inhabitants")
    means = _floats(rows, "mean_ready_days")
    return Places(
        codes=np.array([row["municipality_code"] for row in rows] + list(OTHER_COUNTIES)),
        names=np.array([row["municipality_name"] for row in rows] + ["annat län"] * 10),
        share=share / share.sum(),
        mean_ready_days=np.r_[means, np.full(len(OTHER_COUNTIES), 2.2)],
    )


@dataclass(frozen=True)
class Districts:
    """Areas of Stockholm (the organisation before 2020) and their district's name on a day."""

    share: Array
    changes: Array
    """First days of the organisations, ascending; the first is open backwards."""
    names: Array
    """[organisation, area]."""

    def name_on(self, areas: Array, days: Array) -> Array:
        """The name in force; empty where there is no area."""
        organisation = np.maximum(np.searchsorted(self.changes, days, side="right") - 1, 0)
        return np.where(areas < 0, "", self.names[organisation, np.maximum(areas, 0)])


@cache
def districts() -> Districts:
    """Stockholm's districts, followed forward along their mergers."""
    rows = {row["district_name"]: row for row in _rows("districts.csv")}
    areas = [name for name, row in rows.items() if row["inhabitants_2019"]]
    starts = sorted({row["valid_from"] for row in rows.values()})

    def at(name: str, start: str) -> str:
        row = rows[name]
        merged = bool(row["valid_to"]) and row["valid_to"] < start
        return at(row["merged_into"], start) if merged else name

    share = np.array([float(rows[name]["inhabitants_2019"]) for name in areas])
    return Districts(
        share=share / share.sum(),
        changes=np.array([day_number(date.fromisoformat(start)) for start in starts]),
        names=np.array([[at(name, start) for name in areas] for start in starts]),
    )


@dataclass(frozen=True)
class Hospitals:
    """Parallel arrays; a habit multiplies the rate of its faults."""

    names: Array
    kind: Array
    weight: Array
    style: Array
    habits: dict[str, Array]

    def of(self, *kinds: str) -> tuple[Array, Array]:
        """Positions of those kinds, and their share of the stays."""
        positions = np.flatnonzero(np.isin(self.kind, kinds))
        weight = self.weight[positions]
        return positions, weight / weight.sum()


@cache
def hospitals() -> Hospitals:
    """The invented hospitals."""
    rows = _rows("hospitals.csv")
    return Hospitals(
        names=np.array([row["hospital_name"] for row in rows]),
        kind=np.array([row["kind"] for row in rows]),
        weight=_floats(rows, "weight"),
        style=np.array([STYLES.index(row["timestamps"]) for row in rows]),
        habits={n: _floats(rows, f"{n}_factor") for n in ("sip", "contact", "notice", "receipt")},
    )


def _check_digit(numbers: Array) -> Array:
    """Luhn over the nine digits before the last of a twelve-digit number."""
    total = np.zeros(len(numbers), np.int64)
    for place in range(1, 10):
        digit = numbers // 10**place % 10
        weighted = digit * (2 if place % 2 else 1)
        total += weighted // 10 + weighted % 10
    return -total % 10


@cache
def published_numbers(name: str) -> tuple[Array, Array]:
    """Numbers and birth days, of `personnummer` or `samordningsnummer`; only those that hold."""
    packed = (_DATA / f"test_{name}.txt.gz").read_bytes()
    numbers = np.array(gzip.decompress(packed).split(), dtype=np.int64)
    births = numbers // 10000
    day = births % 100 - (60 if name == "samordningsnummer" else 0)
    month, year = births // 100 % 100, births // 10000
    real = (day >= 1) & (day <= 28) & (month >= 1) & (month <= 12)
    real &= _check_digit(numbers) == numbers % 10
    months = ((year - 1970) * 12 + month - 1)[real].astype("datetime64[M]")
    return numbers[real], months.astype("datetime64[D]").astype(np.int64) + day[real] - 1
