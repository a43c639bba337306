"""What a municipality gets holds its own people only, wherever they moved, and never a pseudonym.

Random people of Stockholm's county: they move, also between two stays, are placed by another
municipality, live in the city's districts, are or become protected; part of it is known late. Who
is liable is asked of tests/oracle; each package is read as bytes, workbooks unpacked.
"""

import random
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from lus_assets.core.home import Home
from lus_assets.invoicing.issuing.issue import folder_of
from lus_assets.ledger.ledger import Entry
from tests.conftest import KEY
from tests.golden.contract import Row
from tests.golden.short_form import NONE, Patient
from tests.oracle.findings import Judged
from tests.oracle.rules import Rules
from tests.oracle.units import known_at
from tests.pipeline.living import INVOICING, Life
from tests.pipeline.marts import write_region

FIRST = date(2023, 11, 1)
NOVEMBER, DECEMBER = date(2023, 11, 1), date(2023, 12, 1)
REVIEWED = {NOVEMBER: date(2023, 12, 5), DECEMBER: date(2024, 1, 5)}
INVOICED = {NOVEMBER: date(2023, 12, 26), DECEMBER: date(2024, 1, 26)}
MUNICIPALITIES = ("0180", "0126", "0182", "0187")
ELSEWHERE = "1980"
DISTRICTS = ("Södermalm", "Kungsholmen", "Farsta", "Skärholmen")
OWN_ROWS = {
    "ruleset_invoicing.csv": INVOICING
    + "".join(f"stockholm-2020-{care},2020-01-01,,active\n" for care in ("somatic", "psychiatric"))
}
EPISODE, PERSON = re.compile(r"Ep\d{3}[ab]"), re.compile(r"R-PERS\d{3}X")


def person_of(episode_id: str) -> str:
    return f"R-PERS{episode_id[2:5]}X"


def random_people(seed: int) -> list[Row]:
    rng = random.Random(seed)  # noqa: S311 - reproducible, not secret
    rows = [row for number in range(40) for row in random_person(rng, number)]
    return [row for row in rows if row.delivered <= max(INVOICED.values())]


def random_person(rng: random.Random, number: int) -> Iterator[Row]:
    """One or two stays, a month apart or more, and all that is known of where the person lives."""
    months = rng.choice(((NOVEMBER,), (DECEMBER,), (NOVEMBER, DECEMBER)))
    where = {"persons": random_homes(rng), "placements": list(random_placements(rng))}
    for letter, month in zip("ab", months, strict=False):
        ready = month + timedelta(days=rng.randint(8, 15))
        short: dict[str, Any] = {
            "person_id": f"R-PERS{number:03}X",
            "ready": f"{ready} 10:00",
            "discharged": f"{ready + timedelta(days=rng.randint(0, 12))} 15:00",
            "care_type": rng.choice(("somatic", "somatic", "psychiatric")),
            **(where if letter == "a" else {"persons": NONE}),
        }
        if rng.random() < 0.3:
            short["disputes"] = [random_dispute(rng, month)]
        yield from Patient(f"Ep{number:03}{letter}", short, FIRST, "").rows()


def random_homes(rng: random.Random) -> list[dict[str, str]]:
    """Up to three homes, one after the other; of some it is known late, or that it is secret."""
    moves = sorted(rng.sample(range(75), rng.choice((0, 0, 1, 2))))
    homes: list[dict[str, str]] = []
    for start in (date(2010, 1, 1), *(FIRST + timedelta(days=day) for day in moves)):
        home = {
            "from": str(start),
            "municipality": rng.choice((*MUNICIPALITIES, "0180", ELSEWHERE)),
            "district": rng.choice(DISTRICTS),
            "delivered": str(max(start, FIRST) + timedelta(days=rng.choice((0, 0, 40)))),
        }
        homes.append(home | ({"protected": "true"} if rng.random() < 0.1 else {}))
    return homes


def random_placements(rng: random.Random) -> Iterator[dict[str, str]]:
    for number in range(rng.choice((0, 0, 0, 1, 2))):
        start = FIRST - timedelta(days=rng.randint(0, 60))
        yield {
            "name": f"p{number}",
            "placing": rng.choice((*MUNICIPALITIES, ELSEWHERE)),
            "staying": rng.choice(MUNICIPALITIES),
            "housing": rng.choice(("special_service", "special_service", "other")),
            "from": str(start),
            "to": rng.choice(("", str(start + timedelta(days=rng.randint(20, 100))))),
            "delivered": str(FIRST + timedelta(days=rng.choice((0, 0, 50)))),
        }


def random_dispute(rng: random.Random, month: date) -> dict[str, str]:
    """By the municipality, or by one that the episode is no business of."""
    raised = REVIEWED[month] + timedelta(days=rng.randint(1, 10))
    return {
        "name": "d",
        "municipality": rng.choice(MUNICIPALITIES),
        "month": f"{month:%Y-%m}",
        "status": rng.choice(("open", "rejected", "upheld")),
        "raised": f"{raised} 09:00",
    }


@dataclass
class Known:
    """Who was whose: municipality -> episodes, of a month, of all until and on each review day."""

    of_month: dict[tuple[date, str], set[str]] = field(default_factory=dict)
    until: dict[date, dict[str, set[str]]] = field(default_factory=dict)
    on: dict[date, dict[str, set[str]]] = field(default_factory=dict)
    pseudonyms: set[str] = field(default_factory=set)

    def add(self, month: date, day: date, episodes: list[Judged]) -> None:
        seen = {code: set(ids) for each in self.until.values() for code, ids in each.items()}
        for one in episodes:
            self.pseudonyms |= {stay["person_key"] for stay in one.episode.stays}
            if code := one.place.municipality:
                seen.setdefault(code, set()).add(one.episode.id)
                self.on.setdefault(day, {}).setdefault(code, set()).add(one.episode.id)
                if one.row["billing_month"] == month:
                    self.of_month.setdefault((month, code), set()).add(one.episode.id)
        self.until[day] = seen


@pytest.mark.promise(
    "A municipality's package never holds a person of another",
    area="Privacy",
    how="random lives with moves, placements and protected identities over two months that are"
    " reviewed and invoiced: every file of every package holds the episodes that an oracle of our"
    " own says are that municipality's, and nobody else",
)
@pytest.mark.parametrize(
    "seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 12))]
)
def test_a_package_holds_its_own_municipality_s_people_only(
    seed: int, tmp_path: Path, figures: dict[str, Any]
) -> None:
    home, landing = Home(tmp_path / "home"), tmp_path / "landing"
    write_region(home, "01", OWN_ROWS)
    life = Life.of(home, landing, FIRST - timedelta(days=1))
    rows, known, rules = random_people(seed), Known(), Rules("01", home.region)
    for month in (NOVEMBER, DECEMBER):
        live_until(life, REVIEWED[month], rows)
        life.review(month)
        known.add(month, life.today, known_at(landing, life.today, rules, KEY.encode())[0])
        live_until(life, INVOICED[month], rows)
        life.invoice(month)
    packages = [(entry, text_of(folder_of(home, entry))) for entry in life.entries()]
    assert len(packages) > 60
    figures["packages"] = len(packages)
    for entry, text in packages:
        check(entry, text, known)
    named = [entry.kind for entry, text in packages if EPISODE.search(text)]
    assert named.count("review") > 5
    assert named.count("invoice") > 1


def live_until(life: Life, day: date, rows: list[Row]) -> None:
    life.live_until(day, [row for row in rows if life.today < max(row.delivered, FIRST) <= day])


def check(entry: Entry, text: str, known: Known) -> None:
    people, episodes = set(PERSON.findall(text)), set(EPISODE.findall(text))
    own = known.of_month.get((entry.month, entry.municipality_code), set())
    # a correction names an episode that was its own once, or has become it
    theirs = known.until[REVIEWED[entry.month]].get(entry.municipality_code, set())
    assert episodes <= theirs, entry.name
    if entry.kind == "review":
        assert episodes >= own, entry.name
        # beside its own of the month: those whom a correction is about, if they are its own now
        now = known.on[REVIEWED[entry.month]].get(entry.municipality_code, set())
        assert people >= {person_of(each) for each in own}, entry.name
        assert people <= {person_of(each) for each in own | (episodes & now)}, entry.name
    else:
        assert people == set(), entry.name
    assert not any(pseudonym in text for pseudonym in known.pseudonyms), entry.name
    if entry.municipality_code != "0180":
        assert not any(district in text for district in DISTRICTS), entry.name


def text_of(folder: Path) -> str:
    """Everything that a package says, with the names of its files; unpacked what is packed."""
    return "\n".join(part for path in sorted(folder.iterdir()) for part in parts_of(path))


def parts_of(path: Path) -> Iterator[str]:
    yield path.name
    yield path.read_bytes().decode("utf-8", errors="replace")
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as book:
            for name in book.namelist():
                yield name + book.read(name).decode("utf-8")
    elif path.suffix == ".parquet":
        table = pq.read_table(path)
        yield f"{table.schema.metadata} {table.schema} {table.to_pylist()}"
