"""Three months lived by hand: what each municipality pays, when, and why (rules.md section 10).

Level 2.00, 11 600 SEK a day in 2024. Every amount below is worked out in its comment.
"""

import csv
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from lus_assets.core.home import Home
from lus_assets.ingest.contract import FEEDS
from lus_assets.invoicing.invoice import issue_invoice_bases
from lus_assets.invoicing.outcome import IssueReport
from lus_assets.invoicing.review import issue_review_bases
from lus_assets.invoicing.verify import verify

from .marts import broken, build_marts, query, write_region

JANUARY, FEBRUARY, MARCH = (date(2024, month, 1) for month in (1, 2, 3))
OWN_ROWS = {
    "ruleset_invoicing.csv": "ruleset_id,valid_from,invoicing\n"
    "stockholm-2020-somatic,2024-01-01,active\n"
    "stockholm-2020-psychiatric,2024-01-01,active\n"
}
PEOPLE = {  # the tax agency's test numbers
    "anna": "190309099802",
    "bo": "190309109817",
    "cia": "190309119808",
    "dan": "190309129815",
    "eva": "190309139806",
    "per": "190309149813",
}


class Landing:
    """A landing area that grows: rows are delivered on a day, and every day has a file per feed."""

    def __init__(self, root: Path, first: date, last: date) -> None:
        self.root = root
        self._files = 0
        for feed in FEEDS.values():
            for number in range((last - first).days + 1):
                self._write(feed.name, first + timedelta(days=number), [])

    def deliver(self, feed: str, day: str, *rows: dict[str, str]) -> None:
        self._write(feed, date.fromisoformat(day), list(rows))

    def stay(self, day: str, stay: str, person: str, ready: str, discharged: str, **other: str):
        """A stay that began the day before it was ready; every message that billing needs."""
        at = datetime.fromisoformat(f"{ready}T10:00")
        self.deliver("stays", day, stay_row(stay, person, at, discharged, **other))
        sent = {
            "admission_notice": (at - timedelta(days=1), "inpatient"),
            "permanent_contact_named": (at - timedelta(hours=20), "outpatient"),
            "ready_notice": (at, "inpatient"),
            "sip_call": (at + timedelta(hours=2), "outpatient"),
        }
        self.deliver(
            "messages",
            day,
            *(
                {
                    "message_id": f"{stay}-{kind}",
                    "stay_id": stay,
                    "message_type": kind,
                    "sent_at": moment.isoformat(),
                    "sender_unit": "Enhet 1",
                    "sender_role": role,
                    "needs": "both" if role == "inpatient" else "",
                }
                for kind, (moment, role) in sent.items()
            ),
        )

    def dispute(self, day: str, stay: str, code: str, status: str, raised: str) -> None:
        self.deliver(
            "disputes",
            day,
            {
                "dispute_id": f"D-{stay}",
                "episode_id": stay,
                "municipality_code": code,
                "billing_month": "2024-01",
                "ground": "Datum",
                "status": status,
                "raised_at": raised,
                "updated_at": f"{day}T08:00",
            },
        )

    def person(self, day: str, person: str, code: str) -> None:
        self.deliver(
            "persons",
            day,
            {
                "person_id": PEOPLE[person],
                "birth_date": "1940-01-01",
                "municipality_code": code,
                "valid_from": "2020-01-01",
            },
        )

    def _write(self, feed: str, day: date, rows: list[dict[str, str]]) -> None:
        self._files += 1
        path = self.root / feed / day.isoformat() / f"{self._files:04}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, [each.name for each in FEEDS[feed].columns])
            writer.writeheader()
            writer.writerows(rows)


def stay_row(stay: str, person: str, ready: datetime, discharged: str, **other: str):
    return {
        "stay_id": stay,
        "person_id": PEOPLE[person],
        "hospital_unit": "Medicin 1",
        "care_type": "somatic",
        "admission_type": "unplanned",
        "admitted_at": (ready - timedelta(days=1, hours=2)).isoformat(),
        "discharged_at": f"{discharged}T14:00",
        "discharge_type": "home",
        "updated_at": f"{discharged}T15:00",
    } | other


class Life:
    """A home whose months are lived: builds as known at a day, and issues."""

    def __init__(self, home: Home, landing: Landing) -> None:
        self.home = home
        self.landing = landing

    def known(self, day: str) -> date:
        as_of = date.fromisoformat(day)
        assert broken(build_marts(self.home, self.landing.root, as_of)) == []
        return as_of

    def review(self, month: date, day: str) -> IssueReport:
        return issue_review_bases(self.home, month, self.known(day))

    def invoice(self, month: date, day: str) -> IssueReport:
        return issue_invoice_bases(self.home, month, self.known(day))

    def ask(self, sql: str) -> list[tuple]:
        with query(self.home) as answer:
            return answer(sql)


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    root = tmp_path_factory.mktemp("life")
    home = Home(root / "home")
    write_region(home, rows=OWN_ROWS)
    landing = Landing(root / "landing", date(2024, 1, 1), date(2024, 4, 26))
    for person, code in zip(PEOPLE, ("0180", "0181", "0182", "0183", "0180", "0180"), strict=True):
        landing.person("2024-01-01", person, code)
    landing.stay("2024-01-20", "A1", "anna", "2024-01-10", "2024-01-14")  # 4 ready days
    landing.stay("2024-01-20", "B1", "bo", "2024-01-10", "2024-01-15")  # 5
    landing.stay("2024-01-20", "C1", "cia", "2024-01-10", "2024-01-13")  # 3
    landing.stay("2024-01-20", "D1", "dan", "2024-01-10", "2024-01-14")  # 4
    # psychiatric: liability enters on the 15th, five days until the 20th
    landing.stay("2024-01-21", "P1", "per", "2024-01-10", "2024-01-20", care_type="psychiatric")
    landing.stay("2024-02-20", "A2", "anna", "2024-02-10", "2024-02-12")  # 2: at the level
    landing.stay("2024-03-20", "E3", "eva", "2024-03-10", "2024-03-12")  # 2
    yield Life(home, landing)


def totals(report: IssueReport) -> dict[str, Decimal]:
    assert {each.reason for each in report.outcomes} == {None}
    return {each.municipality_code: each.total_sek for each in report.outcomes if each.total_sek}


def test_three_months_lived(life: Life) -> None:
    review = life.review(JANUARY, "2024-02-05")
    # the region's 26, with or without episodes
    assert (review.count("issued"), len(review.outcomes)) == (26, 26)

    life.landing.dispute("2024-02-08", "B1", "0181", "open", "2024-02-08T09:00")
    life.landing.dispute("2024-02-15", "C1", "0182", "upheld", "2024-02-08T09:00")
    early = issue_invoice_bases(life.home, JANUARY, life.known("2024-02-25"))
    assert {each.reason_code for each in early.outcomes} == {"TOO_EARLY"}
    january = life.invoice(JANUARY, "2024-02-26")
    # 0180: (4 - 2) x 11 600 + 5 x 11 600; 0181 is held, 0182's only episode is taken out
    assert totals(january) == {"0180": Decimal("81200.00"), "0183": Decimal("23200.00")}
    assert {
        each.municipality_code: each.held_lines for each in january.outcomes if each.held_lines
    } == {"0181": 1}
    assert life.invoice(JANUARY, "2024-02-26").count("unchanged") == 4

    # a later discharge, a dispute settled, an address that was another all the time
    ready = datetime.fromisoformat("2024-01-10T10:00")
    life.landing.deliver(
        "stays",
        "2024-02-28",
        stay_row("A1", "anna", ready, "2024-01-15", updated_at="2024-02-28T08:00"),
    )
    life.landing.dispute("2024-02-29", "B1", "0181", "rejected", "2024-02-08T09:00")
    life.landing.person("2024-03-01", "dan", "0184")
    life.review(FEBRUARY, "2024-03-05")
    announced = life.ask(
        "select municipality_code, line_type, quantity_days, amount_sek"
        " from marts.fct_correction_line order by 1, 2"
    )
    assert announced == [
        ("0180", "credit", Decimal("-2.0000"), Decimal("-23200.00")),
        ("0180", "debit", Decimal("3.0000"), Decimal("34800.00")),
        ("0181", "debit", Decimal("3.0000"), Decimal("34800.00")),
        ("0183", "credit", Decimal("-2.0000"), Decimal("-23200.00")),
        ("0184", "debit", Decimal("2.0000"), Decimal("23200.00")),
    ]
    # raised after the 21 days: holds nothing, and comes one review base later
    life.landing.dispute("2024-03-12", "P1", "0180", "upheld", "2024-03-10T09:00")
    february = life.invoice(FEBRUARY, "2024-03-26")
    assert totals(february) == {
        "0180": Decimal("11600.00"),
        "0181": Decimal("34800.00"),
        "0183": Decimal("-23200.00"),
        "0184": Decimal("23200.00"),
    }
    life.review(MARCH, "2024-04-05")
    march = life.invoice(MARCH, "2024-04-26")
    assert totals(march) == {"0180": Decimal("-58000.00")}


def test_the_ledger_says_what_the_data_say(life: Life) -> None:
    life.known("2024-04-26")
    # 0180: January's mean 5, three days above; P1 was taken out
    expected = {"0180": 34_800, "0181": 34_800, "0184": 23_200}
    lines = life.ask(
        "select municipality_code, sum(amount_sek) from marts.fct_invoice_line"
        " group by 1 having sum(amount_sek) != 0 order by 1"
    )
    known = life.ask(
        "select municipality_code, sum(amount_sek) from marts.fct_municipality_month"
        " group by 1 having sum(amount_sek) != 0 order by 1"
    )
    assert lines == known == [(code, Decimal(amount)) for code, amount in expected.items()]


@pytest.mark.slow
def test_issuing_again_changes_nothing(life: Life) -> None:
    before = {path: path.read_bytes() for path in life.home.published.rglob("*") if path.is_file()}
    for month, review, invoice in (
        (JANUARY, "2024-02-05", "2024-02-26"),
        (FEBRUARY, "2024-03-05", "2024-03-26"),
        (MARCH, "2024-04-05", "2024-04-26"),
    ):
        assert life.review(month, review).count("issued") == 0
        report = life.invoice(month, invoice)
        assert report.count("unchanged") == len(report.outcomes)
    after = {path: path.read_bytes() for path in life.home.published.rglob("*") if path.is_file()}
    assert after == before
    assert verify(life.home) == []
