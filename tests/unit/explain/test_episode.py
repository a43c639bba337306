"""An episode in words: what each date and number follows from, also when something is missing."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from lus_assets.core.home import Home
from lus_assets.explain.episode import explain_episode
from lus_assets.publishing.marts import open_marts
from tests.unit.publishing.tiny_marts import MONTH, SOMATIC, build_warehouse, municipality_month

AS_OF = date(2025, 3, 1)
RULES = {
    "ruleset_id": SOMATIC,
    "valid_from": date(2020, 1, 1),
    "billing_model": "individual",
    "free_days": 3,
    "free_day_unit": "calendar",
    "holiday_calendar": "se-2018",
    "cutoff_time": "12:00:00",
    "cutoff_comparator": "after",
    "source": "Lagen",
    "status": "sourced",
}
EPISODE = {
    "episode_id": "e",
    "person_key": "k",
    "hospital_unit": "Medicin",
    "care_type": "somatic",
    "admitted_at": "2025-01-02 08:00:00",
    "admission_type": "unplanned",
    "discharged_at": "2025-01-20 15:00:00",
    "discharge_date": date(2025, 1, 20),
    "discharge_type": "home",
    "is_discharged": True,
    "billing_month": MONTH,
    "needs": "both",
    "ready_notice_at": "2025-01-13 12:00:01",
    "day_zero": date(2025, 1, 14),
    "liability_entry_date": date(2025, 1, 17),
    "ready_days": 6,
    "liable_days": 3,
    "withdrawn_ready_days": 0,
    "liable_municipality_code": "0180",
    "liability_basis": "placement",
    "ruleset_id": SOMATIC,
    "is_billable": True,
    "has_open_dispute": False,
    "stays_in_episode": 1,
}
STILL_THERE = {
    "discharged_at": None,
    "discharge_date": None,
    "discharge_type": None,
    "is_discharged": False,
    "billing_month": None,
    "ready_days": None,
    "liable_days": None,
    "ready_days_to_date": 46,
    "is_billable": False,
}


def told(
    folder: Path, episode: dict[str, Any], rules: dict[str, Any] | None = None, **others: Any
) -> list[str]:
    rows = {
        "fct_discharge_episode": [EPISODE | episode],
        "dim_ruleset": [RULES | (rules or {})],
        "fct_municipality_month": [municipality_month("0180")],
        "dim_municipality": [{"municipality_code": "0180", "municipality_name": "Stockholm"}],
    }
    home = Home(folder)
    build_warehouse(home, AS_OF, rows | others)
    with open_marts(home, AS_OF) as connection:
        return [each.strip() for each in explain_episode(connection, "e")]


def test_a_notice_a_second_after_noon_is_late_for_its_day(tmp_path: Path) -> None:
    lines = told(tmp_path, {})
    assert (
        "Day zero: 2025-01-14. The standing ready notice was sent 2025-01-13 12:00:01, and one"
        " sent after 12:00:00 is late: this one is, so the next day counts (2017:612 3:1)." in lines
    )
    assert (
        "Liable days: 3, from 2025-01-17 to 2025-01-19; the day of discharge is not charged"
        " (2017:612 5:3)." in lines
    )
    assert (
        "Liable: Stockholm (0180), which had placed the patient in special service elsewhere on"
        " 2025-01-13, the day of the standing ready notice (2017:612 5:2)." in lines
    )


def test_free_weekdays_are_told_as_weekdays(tmp_path: Path) -> None:
    lines = told(tmp_path, {}, {"free_days": 5, "free_day_unit": "weekday"})
    assert (
        "Liability enters: 2025-01-17, weekday number 5 after day zero (Monday to Friday, without"
        " the holidays of calendar se-2018) (2017:612 5:3)." in lines
    )


def test_who_leaves_before_day_zero_has_no_days(tmp_path: Path) -> None:
    gone = {"discharge_date": date(2025, 1, 13), "ready_days": 0, "liable_days": 0}
    lines = told(tmp_path, gone)
    assert "Ready days: 0, discharged 2025-01-13, day zero 2025-01-14." in lines
    assert (
        "Liable days: 0, discharged 2025-01-13, before a day with liability had passed"
        " (2017:612 5:3)." in lines
    )
    assert "This episode has no liable day: nothing is charged for it." in lines


def test_a_patient_still_in_hospital_has_no_month_and_days_so_far(tmp_path: Path) -> None:
    lines = told(tmp_path, STILL_THERE)
    assert any(line.startswith("None yet: the patient is still in hospital.") for line in lines)
    assert "Ready so far: 46 days, from day zero to 2025-03-01." in lines
    assert "Billable: no. Still in hospital." in lines


def test_without_notice_or_ruleset_there_is_nothing_to_count(tmp_path: Path) -> None:
    bare = dict.fromkeys(
        ("ready_notice_at", "day_zero", "liability_entry_date", "ready_days", "liable_days")
    )
    lines = told(tmp_path, {**bare, "ruleset_id": None, "is_billable": False})
    assert "None: no ruleset is in force on the discharge date." in lines
    assert "Ruleset: none is in force on the discharge date; days cannot be counted." in lines
    assert "Day zero: none, for no ready notice stands (2017:612 3:1)." in lines
    assert any("2025-01-02, the day of admission" in line for line in lines)


@pytest.mark.parametrize(
    ("used_for", "month", "why"),
    [
        (
            "protected_identity",
            "the person's identity is protected",
            "the person's identity is protected, so no municipality is shown",
        ),
        (
            "liability_residence",
            "no liable municipality can be told",
            "the row that decides names no known municipality",
        ),
        (
            None,
            "no liable municipality can be told",
            "no register row and no placement of the person is known of that day or before",
        ),
    ],
)
def test_without_a_liable_municipality_it_is_said_why(
    used_for: str | None, month: str, why: str, tmp_path: Path
) -> None:
    row = {
        **{"episode_id": "e", "feed": "persons", "path": "persons/p.csv", "row_number": 1},
        **{"used_at": "2024-12-01 00:00:00", "used_for": used_for, "delivery_date": MONTH},
    }
    described = {"used_for": used_for, "sort_order": 1, "legal_reference": "–", "text_en": "It."}
    lines = told(
        tmp_path,
        {"liable_municipality_code": None, "liability_basis": None, "is_billable": False},
        fct_episode_evidence=[row] if used_for else [],
        dim_evidence_use=[described] if used_for else [],
    )
    assert f"None: {month} (2017:612 5:2); for manual handling." in lines
    told_why = "Liable: not known on 2025-01-13, the day of the standing ready notice:"
    assert f"{told_why} {why} (2017:612 5:2)." in lines


def test_a_finding_says_who_where_in_the_act_and_the_moments_that_it_compares(
    tmp_path: Path,
) -> None:
    late = {
        "finding_code": "SIP_CALL_LATE",
        "is_blocking": True,
        "responsible": "outpatient",
        "legal_reference": "2017:612 4:3",
        "text_sv": "Kallelsen kom sent.",
    }
    lines = told(
        tmp_path,
        {"is_billable": False, "sip_call_at": "2025-01-18 09:00:00"},
        fct_episode_finding=[{"episode_id": "e", **late}],
        dim_finding=[{"sort_order": 1, "status": "sourced", **late}],
    )
    start = lines.index("3. Findings: 1")
    assert lines[start + 1 : start + 5] == [
        "SIP_CALL_LATE: blocks billing; who could have changed it: outpatient; 2017:612 4:3",
        "Kallelsen kom sent.",
        "Ready notice: 2025-01-13 12:00:01",
        "SIP call: 2025-01-18 09:00",
    ]
    assert "Billable: no. SIP_CALL_LATE." in lines
    assert "This episode is not billable: it counts neither in days nor in a mean." in lines


def test_an_open_dispute_says_what_it_holds_and_until_when(tmp_path: Path) -> None:
    dispute = {
        "dispute_id": "d",
        "episode_id": "e",
        "status": "open",
        "raised_at": "2025-02-10 09:00:00",
        "objections_until": date(2025, 2, 26),
        "effect": "holds_line",
    }
    assert (
        "Dispute d: open, raised 2025-02-10 09:00; holds the line back; objections until"
        " 2025-02-26 (överenskommelsen kap. 12)." in told(tmp_path, {}, fct_dispute=[dispute])
    )


def test_days_at_two_rates_are_two_products(tmp_path: Path) -> None:
    lines = [
        {
            "billing_month": MONTH,
            "municipality_code": "0180",
            "ruleset_id": SOMATIC,
            "episode_id": "e",
            "quantity_days": Decimal(days),
            "unit_price_sek": Decimal(price),
            "amount_sek": Decimal(amount),
        }
        for days, price, amount in [("1", "10500", "10500"), ("2", "11600", "23200")]
    ]
    explained = told(tmp_path, {}, fct_charge_line=lines)
    assert "This episode's own days: 1 × 10 500.00 = 10 500.00 SEK" in explained
    assert "This episode's own days: 2 × 11 600.00 = 23 200.00 SEK" in explained
