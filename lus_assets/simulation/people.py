"""The patients: who they are, where they live, where they moved, where they were placed."""

import numpy as np

from lus_assets.simulation.columns import NONE, Array, Columns, stream, take
from lus_assets.simulation.rates import FaultRates
from lus_assets.simulation.reference import districts, places, published_numbers

RESERVE, PERSONNUMMER, SAMORDNINGSNUMMER = 0, 1, 2

# shares of patients
_TEST_NUMBER = 0.3  # as far as there are numbers of that age
_OTHER_COUNTY = 0.02
_NOT_REGISTERED = 0.008
_NOT_IN_REGISTER = 0.0015  # no row at all
_PROTECTED = 0.004
_NO_BIRTH_DATE = 0.002
_MOVES_PER_YEAR = 0.02
_PLACED = 0.006
_PLACED_OTHER_HOUSING = 0.25  # of those placed

_YEAR = 365.25
_AGE_FROM = np.array([0.6, 18.1, 65.1, 80.1])
_AGE_TO = np.array([17.8, 64.8, 79.8, 101.0])


def homes(seed: int, population: int) -> Array:
    """The municipality of every inhabitant, by position."""
    share = places().share
    return stream(seed, "homes").choice(len(share), population, p=share).astype(np.int8)


def people(seed: int, used: Columns, first_day: int, last_day: int, rates: FaultRates) -> Columns:
    """One row per patient, in the order of `used` (person, group and home)."""
    rng = stream(seed, "people")
    size = len(used["person"])
    group = used["group"]
    depth = np.where(group == 3, rng.random(size) ** 1.8, rng.random(size))
    age = _AGE_FROM[group] + depth * (_AGE_TO - _AGE_FROM)[group]
    columns: Columns = {
        "number": 1_000_000_000 + used["person"],
        "kind": np.full(size, RESERVE),
        "birth": first_day - (age * _YEAR).astype(np.int64),
        "known": rng.random(size) >= _NOT_IN_REGISTER,
        "protected": rng.random(size) < _PROTECTED,
    }
    _residence(rng, columns, used["home"], first_day, last_day)
    _numbers(rng, columns, group, first_day)
    _placements(rng, columns, group)
    numbered = columns["kind"] == PERSONNUMMER
    wrong = numbered & (rng.random(size) < rates.wrong_check_digit)
    number = columns["number"]
    columns["wrong_digit"] = wrong
    columns["number"] = np.where(wrong, number - number % 10 + (number % 10 + 1) % 10, number)
    columns["birth"] = np.where(rng.random(size) < _NO_BIRTH_DATE, NONE, columns["birth"])
    return columns


def _residence(
    rng: np.random.Generator, columns: Columns, home: Array, first_day: int, last_day: int
) -> None:
    """Home now and, for those who move between the two days, next; -1 is not registered."""
    size = len(home)
    areas = len(districts().share)
    area = rng.choice(areas, size, p=districts().share)
    elsewhere = rng.random(size)
    others = rng.integers(places().county, len(places().codes), size)
    home = np.where(elsewhere < _OTHER_COUNTY, others, home)
    home = np.where(elsewhere > 1 - _NOT_REGISTERED, -1, home)
    next_home = rng.choice(places().county, size, p=places().share)
    next_area = rng.choice(areas, size, p=districts().share)
    span = last_day - first_day + 1
    moves = rng.random(size) < _MOVES_PER_YEAR * span / _YEAR
    moves &= (home >= 0) & (home != next_home)
    since = first_day - 120 - (rng.random(size) * 20 * _YEAR).astype(np.int64)
    columns |= {
        "home": home,
        "area": np.where(home == places().stockholm, area, -1),
        "since": np.maximum(since, np.minimum(columns["birth"], first_day - 120)),
        "moved": np.where(moves, first_day + rng.integers(0, span, size), NONE),
        "next_home": next_home,
        "next_area": np.where(next_home == places().stockholm, next_area, -1),
    }


def _numbers(rng: np.random.Generator, columns: Columns, group: Array, first_day: int) -> None:
    """The tax agency's test numbers, with their birth days, for a share of each age group."""
    for kind, name in ((PERSONNUMMER, "personnummer"), (SAMORDNINGSNUMMER, "samordningsnummer")):
        numbers, births = published_numbers(name)
        mix = rng.permutation(len(numbers))
        ages = (first_day - births[mix]) / _YEAR
        for one in range(len(_AGE_FROM)):
            fitting = mix[(ages >= _AGE_FROM[one]) & (ages <= _AGE_TO[one] + 8)]
            if one < 3:
                fitting = fitting[(first_day - births[fitting]) / _YEAR <= _AGE_TO[one]]
            unregistered = columns["home"] < 0
            wanted = unregistered if kind == SAMORDNINGSNUMMER else ~unregistered
            wanted = np.flatnonzero(wanted & (group == one))
            chosen = rng.permutation(wanted)[: int(len(wanted) * _TEST_NUMBER)][: len(fitting)]
            columns["number"][chosen] = numbers[fitting[: len(chosen)]]
            columns["kind"][chosen] = kind
            columns["birth"][chosen] = births[fitting[: len(chosen)]]


def _placements(rng: np.random.Generator, columns: Columns, group: Array) -> None:
    """Placed by one municipality in another; the person is registered in one of the two."""
    size = len(group)
    home, since = columns["home"], columns["since"]
    placed = (rng.random(size) < _PLACED) & (group > 0) & (home >= 0) & columns["known"]
    other = rng.choice(places().county, size, p=places().share)
    placed &= other != home
    at_home = rng.random(size) < 0.6
    ends = placed & (rng.random(size) < 0.25)
    columns |= {
        "placed": placed,
        "placing": np.where(at_home, home, other),
        "staying": np.where(at_home, other, home),
        "special_service": rng.random(size) >= _PLACED_OTHER_HOUSING,
        "lss": rng.random(size) < 0.5,
        "placed_from": since + 30,
        "placed_to": np.where(ends, since + 120 + rng.integers(0, 300, size), NONE),
    }


def liable(columns: Columns, rows: Array, days: Array) -> tuple[Array, Array]:
    """Position of the municipality liable on a day (-1: none to be found), and if by placement."""
    person = take(columns, rows)
    moved = (person["moved"] != NONE) & (days >= person["moved"])
    home = np.where(moved, person["next_home"], person["home"])
    ends = np.where(person["placed_to"] == NONE, np.iinfo(np.int64).max, person["placed_to"])
    placed = person["placed"] & person["special_service"]
    placed &= (person["placed_from"] <= days) & (days <= ends)
    hidden = person["protected"] | ~person["known"]
    return np.where(hidden, -1, np.where(placed, person["placing"], home)), placed & ~hidden
