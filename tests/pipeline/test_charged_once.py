"""Nobody pays twice for the same: a month's own base beside the debits of later ones (section 10).

Blekinge (living.py), December 2023, 10 500 SEK a day. Everybody is ready on the 4th at 10 and
leaves on the 13th: by the statute liable from the 7th to the 12th, 63 000 SEK; under the mean of
2.00, 9 days less 2, 73 500; in psychiatric care from the 9th to the 12th, 42 000.
"""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.golden.contract import Row
from tests.golden.short_form import Patient
from tests.pipeline.living import INVOICING, MEAN, PSYCHIATRIC, Life

pytestmark = pytest.mark.slow

DECEMBER, JANUARY, FEBRUARY = date(2023, 12, 1), date(2024, 1, 1), date(2024, 2, 1)
LATE, AGAIN, LAST = date(2024, 1, 30), date(2024, 3, 1), date(2024, 3, 26)
ACTIVE = f"{INVOICING}{MEAN},2020-01-01,,active\n{PSYCHIATRIC},2020-01-01,,active\n"


def rows(name: str, municipality: str, care_type: str, delivered: date | None = None) -> list[Row]:
    """A patient's deliveries, all on one day where they are late."""
    short = {
        "municipality": municipality,
        "care_type": care_type,
        "ready": "2023-12-04 10:00",
        "discharged": "2023-12-13 10:00",
    }
    found = list(Patient(name, short, DECEMBER, "delivery.csv").rows())
    return [replace(each, delivered=delivered) for each in found] if delivered else found


def until_january_is_invoiced(root: Path, own_rows: str, found: list[Row]) -> Life:
    """December and January reviewed and invoiced in their time; all deliveries are there."""
    life = Life(root, DECEMBER, {"ruleset_invoicing.csv": own_rows})
    life.live_until(LAST, found)
    life.review(DECEMBER, date(2024, 1, 5))
    life.invoice(DECEMBER, date(2024, 1, 26))
    life.review(JANUARY, date(2024, 2, 5))
    life.invoice(JANUARY, date(2024, 2, 26))
    return life


def held(life: Life) -> dict[str, tuple[str, Decimal]]:
    """Municipality -> what the ledger's bases hold back, and how much."""
    return {
        line["municipality_code"]: (line["held_by"], line["amount_sek"])
        for entry in life.entries("invoice")
        for line in life.part(entry, "held")
    }


def test_who_paid_in_a_later_base_does_not_pay_again_in_its_own(tmp_path: Path) -> None:
    """1083 and 0180, of another region, came late and were charged in January's bases; then their
    first review bases of December with somebody in them went out after all."""
    found = [
        *rows("early", "1060", "psychiatric"),
        *rows("late", "1083", "somatic", LATE),
        *rows("away", "0180", "somatic", LATE),
    ]
    life = until_january_is_invoiced(tmp_path, ACTIVE, found)
    paid = {"1060": Decimal(42000), "1083": Decimal(63000), "0180": Decimal(63000)}
    assert life.sums() == paid
    again = life.review(DECEMBER, AGAIN, "Ett sjukhus levererade för sent")
    issued = [each.municipality_code for each in again.outcomes if each.status == "issued"]
    assert sorted(issued) == ["0180", "1083"]
    life.review(FEBRUARY, date(2024, 3, 5))
    assert life.announced(FEBRUARY) == {}
    life.invoice(DECEMBER, date(2024, 3, 22))
    assert held(life) == {
        "0180": ("later_issue", Decimal(63000)),
        "1083": ("later_issue", Decimal(63000)),
    }
    before = life.entries()
    life.invoice(DECEMBER, date(2024, 3, 22))
    assert life.entries() == before, "issued once"
    life.invoice(FEBRUARY, LAST)
    life.know(LAST, tested=True)
    assert life.sums() == paid
    assert life.ask("select * from marts.fct_correction_line") == []


def test_what_stands_is_not_taken_back_while_another_ruleset_is_awaited(tmp_path: Path) -> None:
    """1080's psychiatric care was suspended in December, its somatic patient came late: a debit of
    January's. Then psychiatric care is made invoiced, from before December on."""
    found = [
        *rows("other", "1083", "somatic"),
        *rows("psychiatric", "1080", "psychiatric"),
        *rows("late", "1080", "somatic", LATE),
    ]
    suspended = ACTIVE.replace(
        f"{PSYCHIATRIC},2020-01-01,,active", f"{PSYCHIATRIC},2020-01-01,,suspended"
    )
    life = until_january_is_invoiced(tmp_path, suspended, found)
    assert life.sums() == {"1083": Decimal(63000), "1080": Decimal(73500)}
    life.decide("ruleset_invoicing.csv", ACTIVE)
    life.review(FEBRUARY, date(2024, 3, 5))
    assert life.announced(FEBRUARY) == {}
    life.invoice(DECEMBER, date(2024, 3, 22))
    life.invoice(FEBRUARY, LAST)
    life.know(LAST, tested=True)
    assert life.sums() == {"1083": Decimal(63000), "1080": Decimal(73500) + Decimal(42000)}
    assert life.ask("select * from marts.fct_correction_line") == []
