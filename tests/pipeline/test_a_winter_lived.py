"""A winter lived by hand, with everything that can happen to a month (rules.md section 10).

Five municipalities, five billing models (see living.py), two years' rates: 10 500 SEK a day in 2023
and 11 600 in 2024, by Blekinge's own table `south` 10 000 and, known late, 10 400. Every amount is
worked out beside it. Where a patient is said to have 4 days, these are ready days: discharge date
less the date of the ready notice.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest

from lus_assets.invoicing.issuing.outcome import IssueReport
from lus_assets.invoicing.verify import verify
from tests.conftest import KEY
from tests.golden.contract import Row
from tests.golden.short_form import Patient
from tests.pipeline.living import CUTOUT, GATE, INVOICING, MEAN, PSYCHIATRIC, RATES, Life

FIRST = date(2023, 12, 1)
DECEMBER, JANUARY, FEBRUARY, MARCH, APRIL = (
    *(date(2023, 12, 1), date(2024, 1, 1), date(2024, 2, 1), date(2024, 3, 1), date(2024, 4, 1)),
)
ACTIVE = INVOICING + "".join(f"{name},2020-01-01,,active\n" for name in (MEAN, CUTOUT, GATE))
SOUTH = RATES + "south,2023-01-01,2023-12-31,10000,Test,assumption\n"
PATIENTS = {
    # id: municipality, ready, discharged, care type
    "a": ("1060", "2023-12-04", "2023-12-08", "somatic"),  # 4 days
    "b": ("1060", "2023-12-04", "2023-12-06", "somatic"),  # 2
    "c": ("1080", "2023-12-04", "2023-12-07", "somatic"),  # 3
    "m": ("1080", "2023-12-11", "2023-12-14", "somatic"),  # 3; lived in 1060 all the time
    "p1": ("1080", "2023-12-01", "2023-12-10", "psychiatric"),  # liable from the 6th: 4 days
    "x": ("1081", "2023-12-05", "2023-12-15", "somatic"),  # 10, cut out; from the 8th: 7 days
    "y": ("1081", "2023-12-05", "2023-12-10", "somatic"),  # 5
    "z": ("1081", "2023-12-06", "2023-12-10", "somatic"),  # 4
    "u": ("1083", "2023-12-05", "2023-12-12", "somatic"),  # liable from the 8th: 4 days
    "r": ("1083", "2023-12-05", "2023-12-10", "somatic"),  # 2 days; lived in 1082 all the time
    "t": ("1083", "2023-12-05", "2023-12-11", "somatic"),  # 3 days
    "n": ("1083", "2023-12-28", "2024-01-04", "somatic"),  # liable from the 31st: 1 and 3 days
    "p2": ("1080", "2024-01-10", "2024-01-17", "psychiatric"),  # liable from the 15th: 2 days
    "v": ("1081", "2024-01-10", "2024-01-15", "somatic"),  # 5
    "g1": ("1082", "2024-01-08", "2024-01-15", "somatic"),  # 7; liable from the 11th: 4 days
    "g2": ("1082", "2024-01-09", "2024-01-10", "somatic"),  # 1; none
    "d": ("1060", "2024-02-05", "2024-02-07", "somatic"),  # 2
    "w": ("1081", "2024-02-05", "2024-02-09", "somatic"),  # 4
}


def rows_of(name: str) -> list[Row]:
    """All that is delivered of a patient: complete for billing."""
    code, ready, discharged, care_type = PATIENTS[name]
    short = {
        "ready": f"{ready} 10:00",
        "discharged": f"{discharged} 15:00",
        "care_type": care_type,
        "municipality": code,
    }
    return list(Patient(name, short, FIRST, "delivery.csv").rows())


def changed(feed: str, name: str, day: str, **values: str) -> Row:
    """The patient's last row of a feed, delivered again with other values."""
    last = [row for row in rows_of(name) if row.feed == feed][-1]
    return Row(feed, date.fromisoformat(day), "", {**last.values, **values})


def dispute(name: str, code: str, raised: str, day: str, status: str) -> Row:
    """A dispute as delivered on a day."""
    values = {
        "dispute_id": f"D-{name}",
        "episode_id": name,
        "municipality_code": code,
        "billing_month": PATIENTS[name][2][:7],
        "ground": "Kommunen bestrider",
        "status": status,
        "raised_at": f"{raised} 09:00",
        "updated_at": f"{day} 08:00",
    }
    return Row("disputes", date.fromisoformat(day), "", values)


EVENTS = [
    # x: objected to in time, settled after December's invoice bases
    dispute("x", "1081", "2024-01-10", "2024-01-10", "open"),
    dispute("x", "1081", "2024-01-10", "2024-02-15", "rejected"),
    # t: objected to in time, and right
    dispute("t", "1083", "2024-01-10", "2024-01-10", "open"),
    dispute("t", "1083", "2024-01-10", "2024-01-20", "upheld"),
    # u: objected to after the 21 days, and right
    dispute("u", "1083", "2024-01-30", "2024-02-01", "upheld"),
    changed("persons", "m", "2024-02-20", municipality_code="1060"),
    changed("persons", "r", "2024-02-20", municipality_code="1082"),
    changed(
        *("stays", "n", "2024-02-28"),
        discharged_at="2024-01-05 15:00",
        updated_at="2024-02-28 08:00",
    ),
    # m: 1060 hears of it in February's review base, and objects within its 21 days
    dispute("m", "1060", "2024-03-15", "2024-03-15", "open"),
    dispute("m", "1060", "2024-03-15", "2024-05-02", "rejected"),
]


@pytest.fixture(scope="module")
def winter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LUS_PSEUDONYM_KEY", KEY)
        own = {"ruleset_invoicing.csv": ACTIVE, "daily_rate.csv": SOUTH}
        life = Life(tmp_path_factory.mktemp("winter"), FIRST, own)
        yield life


ROWS = [*(row for name in PATIENTS for row in rows_of(name)), *EVENTS]


def live_until(life: Life, day: str) -> None:
    last = date.fromisoformat(day)
    life.live_until(last, [row for row in ROWS if life.today < row.delivered <= last])


def totals(report: IssueReport) -> dict[str, str]:
    """Municipality -> total of a base issued by this call, or why it was refused."""
    return {
        each.municipality_code: each.reason_code or f"{each.total_sek}"
        for each in report.outcomes
        if each.status != "unchanged"
    }


def shown(lines: dict[str, list[dict]]) -> dict[str, list[tuple[str, str, str | None, str]]]:
    """Municipality -> kind, original month, episode and amount of its lines."""
    return {
        code: sorted(
            (
                line["line_type"],
                f"{line['original_month']:%Y-%m}",
                line["episode_id"] or "",
                f"{line['amount_sek']:.0f}",
            )
            for line in of_municipality
        )
        for code, of_municipality in lines.items()
    }


def test_a_winter(winter: Life) -> None:
    """Each step is what a controller sees on that day."""
    life = winter
    live_until(life, "2024-01-05")
    assert life.review(DECEMBER).count("issued") == 5, "1082 too, which has nobody"
    assert life.announced(DECEMBER) == {}

    live_until(life, "2024-01-25")
    assert set(totals(life.invoice(DECEMBER)).values()) == {"TOO_EARLY"}
    live_until(life, "2024-01-26")
    assert totals(life.invoice(DECEMBER)) == {
        "1060": "21000.00",  # (4 + 2 - 2 x 2) x 10 500
        "1080": "21000.00",  # (3 + 3 - 2 x 2) x 10 500; psychiatric care is suspended
        "1081": "30000.00",  # (5 + 4 - 2 x 3) x 10 000; x is held
        "1083": "63000.00",  # u: 4 x 10 500; r: 2 x 10 500; t was taken out
    }
    december = {each.municipality_code: each for each in life.entries("invoice")}
    (held,) = life.part(december["1081"], "held")
    assert (held["episode_id"], held["amount_sek"], held["held_by"]) == ("x", 70_000, "dispute")

    live_until(life, "2024-02-05")
    life.review(JANUARY)
    assert shown(life.announced(JANUARY)) == {"1083": [("credit", "2023-12", "u", "-42000")]}

    # the region decides to invoice psychiatric care, from December on
    life.decide("ruleset_invoicing.csv", ACTIVE + f"{PSYCHIATRIC},2023-12-01,,active\n")
    live_until(life, "2024-02-26")
    assert totals(life.invoice(JANUARY)) == {
        "1080": "23200.00",  # p2: 2 x 11 600, active by now
        "1081": "RATE_UNKNOWN",  # v: mean 5 above 3; what a day of 2024 costs is not known
        "1082": "46400.00",  # mean 4 above 2: g1's 4 x 11 600
        "1083": "3300.00",  # n: 1 x 10 500 + 3 x 11 600 = 45 300, less u's 42 000
    }
    assert shown(lines_of(life, JANUARY))["1083"] == [
        ("charge", "2024-01", "n", "10500"),
        ("charge", "2024-01", "n", "34800"),
        ("credit", "2023-12", "u", "-42000"),
    ]

    # the region decides that the gate is suspended after all, from January on
    suspended = f"{PSYCHIATRIC},2023-12-01,,active\n{GATE},2024-01-01,,suspended\n"
    live_until(life, "2024-03-05")
    life.decide("ruleset_invoicing.csv", ACTIVE + suspended)
    life.review(FEBRUARY)
    life.know(life.today, tested=True)
    moved = {
        "1060": [("credit", "2023-12", "", "-21000"), ("debit", "2023-12", "", "31500")],
        "1080": [
            ("credit", "2023-12", "", "-21000"),
            ("debit", "2023-12", "", "10500"),  # c alone: (3 - 2) x 10 500
            ("debit", "2023-12", "p1", "42000"),  # 4 x 10 500
        ],
    }
    x = [("debit", "2023-12", "x", "70000")]
    assert shown(life.announced(FEBRUARY)) == moved | {
        "1081": x,
        # nobody was known to be 1082's in December: r's mean of 5 is above 2.00
        "1082": [("credit", "2024-01", "g1", "-46400"), ("debit", "2023-12", "r", "21000")],
        # the day at 10 500 holds; at 11 600 three became four
        "1083": [
            ("credit", "2023-12", "r", "-21000"),
            ("credit", "2024-01", "n", "-34800"),
            ("debit", "2024-01", "n", "46400"),
        ],
    }

    live_until(life, "2024-03-26")
    assert totals(life.invoice(FEBRUARY)) == {
        "1060": "0.00",  # d's mean is not above 2.00; December's correction is held
        "1080": "31500.00",
        "1081": "RATE_UNKNOWN",
        "1082": "-25400.00",
        "1083": "-9400.00",
    }
    february = {each.municipality_code: each for each in life.entries("invoice")}["1060"]
    assert [line["first_dispute_id"] for line in life.part(february, "held")] == ["D-m", "D-m"]

    live_until(life, "2024-04-05")
    life.review(MARCH)
    assert shown(life.announced(MARCH)) == {"1081": x}, "m is open: nothing of it is announced"

    live_until(life, "2024-04-26")
    life.decide("daily_rate.csv", SOUTH + "south,2024-01-01,2024-12-31,10400,Test,assumption\n")
    assert totals(life.invoice(JANUARY))["1081"] == "20800.00"  # (5 - 3) x 10 400
    assert totals(life.invoice(FEBRUARY))["1081"] == "80400.00"  # w: 1 x 10 400; x: 70 000
    assert totals(life.invoice(MARCH)) == {"1081": "0.00"}, "x was announced twice, issued once"

    live_until(life, "2024-05-05")
    life.review(APRIL)
    assert shown(life.announced(APRIL)) == {"1060": moved["1060"]}
    live_until(life, "2024-05-26")
    assert totals(life.invoice(APRIL)) == {"1060": "10500.00"}


def lines_of(life: Life, month: date) -> dict[str, list[dict]]:
    return {
        each.municipality_code: life.part(each, "lines")
        for each in life.entries("invoice")
        if each.month == month
    }


def test_in_the_end_the_ledger_says_what_the_data_say(winter: Life) -> None:
    """Known by now, month by month.

    1060: December (4 + 2 + 3 - 3 x 2) x 10 500. 1080: December 10 500 and p1's 42 000, p2's 23 200.
    1081: December 30 000 and 70 000, January 20 800, February 10 400. 1082: r's 21 000. 1083: n's
    10 500 and 46 400.
    """
    assert winter.sums() == {
        "1060": Decimal(31_500),
        "1080": Decimal(75_700),
        "1081": Decimal(131_200),
        "1082": Decimal(21_000),
        "1083": Decimal(56_900),
    }
    winter.know(winter.today, tested=True)
    known = winter.ask(
        "select municipality_code, sum(amount_sek) from marts.fct_municipality_month"
        " where invoicing = 'active' group by 1 order by 1"
    )
    assert dict(known) == winter.sums()


def test_every_credit_takes_a_line_back_in_full_and_only_once(winter: Life) -> None:
    lines = {line["invoice_line_id"]: line for line in winter.lines()}
    credits = [line for line in lines.values() if line["line_type"] == "credit"]
    assert len(credits) == 6
    for credit in credits:
        taken_back = lines[credit["corrects_line_id"]]
        assert taken_back["line_type"] != "credit"
        for name in ("quantity_days", "amount_sek"):
            assert credit[name] == -taken_back[name]
        for name in ("unit_price_sek", "original_month", "ruleset_id", "episode_id"):
            assert credit[name] == taken_back[name]
    assert len({credit["corrects_line_id"] for credit in credits}) == len(credits)
    assert len(lines) == len(winter.lines())


def test_nothing_was_changed_behind_the_ledger_s_back(winter: Life) -> None:
    assert verify(winter.home) == []
    numbers = [each.number for each in winter.entries("invoice")]
    assert numbers == [f"LUS-{number:06d}" for number in range(1, len(numbers) + 1)]
