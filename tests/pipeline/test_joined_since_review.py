"""A dispute of a stay that joined its episode after the review base (rules.md section 10).

Blekinge (living.py), December 2023, 10 500 SEK a day. Everybody is ready on the 4th at 10 and
leaves by a transfer on the 13th; that is what the review base of 5 January has. The stay that the
transfer led to, from the 14th to the 20th, is delivered on 10 January, and is what the municipality
names.
"""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.golden.contract import Row
from tests.golden.short_form import Patient
from tests.pipeline.living import INVOICING, MEAN, PSYCHIATRIC, Life

FIRST, DECEMBER = date(2023, 12, 1), date(2023, 12, 1)
REVIEWED, LATE, INVOICED = date(2024, 1, 5), date(2024, 1, 10), date(2024, 1, 26)
ACTIVE = INVOICING + "".join(f"{name},2020-01-01,,active\n" for name in (MEAN, PSYCHIATRIC))
NEXT = {"name": "next", "admitted": "2023-12-14 09:00", "discharged": "2023-12-20 10:00"}


def rows(name: str, municipality: str, care_type: str, status: str = "") -> list[Row]:
    """A patient's deliveries, with the municipality's dispute of the stay that came late."""
    short: dict[str, Any] = {
        "municipality": municipality,
        "care_type": care_type,
        "ready": "2023-12-04 10:00",
        "discharged": "2023-12-13 10:00",
        "discharge_type": "transferred",
        "stays": [NEXT | {"delivered": LATE.isoformat(), "care_type": care_type}],
    }
    if status:
        raised = {"raised": "2024-01-12 09:00", "month": "2023-12", "status": status}
        named = {"name": "dispute", "stay": "next", "municipality": municipality}
        short["disputes"] = [raised | named]
    return list(Patient(name, short, FIRST, "delivery.csv").rows())


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Life:
    life = Life(tmp_path_factory.mktemp("joined"), FIRST, {"ruleset_invoicing.csv": ACTIVE})
    life.live_until(
        INVOICED,
        [
            *rows("upheld", "1060", "psychiatric", "upheld"),
            *rows("charged", "1060", "psychiatric"),
            *rows("held", "1080", "somatic", "open"),
            *rows("rejected", "1083", "somatic", "rejected"),
        ],
    )
    life.review(DECEMBER, REVIEWED)
    life.invoice(DECEMBER, INVOICED)
    return life


def charges(life: Life, part: str) -> dict[tuple[str, str | None], Decimal]:
    """Municipality and episode -> amount."""
    return {
        (line["municipality_code"], line["episode_id"]): line["amount_sek"]
        for entry in life.entries("invoice")
        for line in life.part(entry, part)
    }


def test_upheld_it_takes_the_episode_out_rejected_it_does_not(life: Life) -> None:
    assert charges(life, "lines") == {
        # liable from the 9th to the 12th
        ("1060", "charged"): Decimal("42000.00"),
        # liable from the 7th to the 12th
        ("1083", "rejected"): Decimal("63000.00"),
    }


def test_open_it_holds_the_line(life: Life) -> None:
    # 9 days, 2 less
    assert charges(life, "held") == {("1080", None): Decimal("73500.00")}


def test_the_mart_says_what_it_did(life: Life) -> None:
    life.know(INVOICED, tested=True)
    assert life.ask("select episode_id, effect from marts.fct_dispute order by episode_id") == [
        ("held", "holds_line"),
        ("rejected", "keeps_episode"),
        ("upheld", "removes_episode"),
    ]
