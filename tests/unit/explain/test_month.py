"""A month in words: the arithmetic of every billing model, on figures worked out by hand."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from lus_assets.core.home import Home
from lus_assets.explain.month import explain_month
from lus_assets.publishing.marts import open_marts
from tests.unit.publishing.tiny_marts import MONTH, SOMATIC, build_warehouse, municipality_month

AS_OF = date(2025, 3, 1)
RATE = {
    "rate_source": "national",
    "valid_from": date(2025, 1, 1),
    "rate_sek": Decimal("10500.00"),
    "source": "HSLF-FS",
    "status": "sourced",
}


def rules(model: str, **parameters: Any) -> dict[str, Any]:
    return {
        "ruleset_id": SOMATIC,
        "valid_from": date(2020, 1, 1),
        "billing_model": model,
        "source": "Överenskommelsen",
        "status": "sourced",
        "rate_source": "national",
        "mean_level": None if model == "individual" else Decimal("3.00"),
    } | parameters


def line(days: str, amount: str | None, episode_id: str | None = None) -> dict[str, Any]:
    return {
        "billing_month": MONTH,
        "municipality_code": "0180",
        "ruleset_id": SOMATIC,
        "episode_id": episode_id,
        "quantity_days": Decimal(days),
        "unit_price_sek": Decimal("10500.00") if amount else None,
        "amount_sek": Decimal(amount) if amount else None,
        "first_day_without_rate": None if amount else date(2025, 1, 17),
        "rate_source": "national",
    }


def told(
    folder: Path, ruleset: dict[str, Any], lines: list[dict[str, Any]], **figures: Any
) -> list[str]:
    level = ruleset["mean_level"]
    month = municipality_month("0180", mean_level=level, status="sourced", **figures)
    rows = {
        "fct_municipality_month": [month],
        "fct_charge_line": lines,
        "dim_ruleset": [ruleset],
        "dim_daily_rate": [RATE],
        "dim_municipality": [{"municipality_code": "0180", "municipality_name": "Stockholm"}],
    }
    home = Home(folder)
    build_warehouse(home, AS_OF, rows)
    with open_marts(home, AS_OF) as connection:
        return [each.strip() for each in explain_month(connection, (MONTH, "0180", SOMATIC))]


def test_a_rounded_mean_is_shown_rounded_and_its_difference_times_the_patients(
    tmp_path: Path,
) -> None:
    lines = told(
        tmp_path,
        rules("mean_excess", mean_decimals=2),
        [line("13.98", "146790.00")],
        episodes_in_mean=6,
        ready_days_in_mean=32,
        mean_ready_days=Decimal("5.3333"),
        exceeds_level=True,
        charged_days=Decimal("13.98"),
        amount_sek=Decimal("146790.00"),
    )
    assert "Mean: 32 ready days / 6 episodes = 5.3333, rounded 5.33: above the level 3.00." in lines
    assert (
        "Above the level: 6 × (5.33 − 3.00) = 13.98 days; 13.98 × 10 500.00 = 146 790.00 SEK"
        in lines
    )
    assert "Charged: 13.98 days; 146 790.00 SEK." in lines
    assert "Rate: 10 500.00 SEK a day from 2025-01-01, table national, source: HSLF-FS" in lines


def test_a_mean_that_is_rounded_half_up_is_shown_so(tmp_path: Path) -> None:
    lines = told(
        tmp_path,
        rules("mean_excess", mean_decimals=2),
        [line("1.04", "10920.00")],
        episodes_in_mean=8,
        ready_days_in_mean=25,
        mean_ready_days=Decimal("3.1250"),
        exceeds_level=True,
        charged_days=Decimal("1.04"),
        amount_sek=Decimal("10920.00"),
    )
    assert "Mean: 25 ready days / 8 episodes = 3.1250, rounded 3.13: above the level 3.00." in lines


def test_long_episodes_outside_the_mean_are_told_beside_it(tmp_path: Path) -> None:
    lines = told(
        tmp_path,
        rules("mean_excess_cutout", individual_after_days=7),
        [line("3", "31500.00"), line("7", "73500.00", "d")],
        episodes_in_mean=3,
        ready_days_in_mean=12,
        mean_ready_days=Decimal("4.0000"),
        exceeds_level=True,
        charged_days=Decimal(10),
        amount_sek=Decimal("105000.00"),
    )
    assert (
        "Mean (episodes with more than 7 ready days left out): 12 ready days / 3 episodes ="
        " 4.0000: above the level 3.00." in lines
    )
    assert "Above the level: 12 − 3 × 3.00 = 3 days; 3 × 10 500.00 = 31 500.00 SEK" in lines
    assert "Day by day: 7 liable days of 1 episode." in lines
    assert "Charged: 10 days; 105 000.00 SEK." in lines


def test_a_month_in_which_nobody_is_in_the_mean_says_so(tmp_path: Path) -> None:
    lines = told(tmp_path, rules("mean_gate"), [], episodes_in_mean=0, ready_days_in_mean=0)
    assert "Mean: there is none, for no billable episode is in it." in lines
    assert "Charged: 0 days; 0.00 SEK." in lines


def test_a_day_without_a_known_rate_is_named_and_nothing_is_made_up(tmp_path: Path) -> None:
    lines = told(
        tmp_path,
        rules("mean_excess"),
        [line("2", None)],
        episodes_in_mean=1,
        ready_days_in_mean=5,
        mean_ready_days=Decimal("5.0000"),
        exceeds_level=True,
        charged_days=Decimal(2),
        amount_sek=None,
    )
    assert (
        "Above the level: 5 − 1 × 3.00 = 2 days; no rate is known for 2025-01-17 in table"
        " national: the amount is not known" in lines
    )
    assert "Charged: 2 days; not known, for a day charged has no known rate." in lines


def test_an_individual_month_has_no_mean_and_an_assumption_is_called_one(tmp_path: Path) -> None:
    home_lines = told(
        tmp_path,
        rules("individual", status="assumption"),
        [line("2", "21000.00", "a"), line("1", "10500.00", "b")],
        charged_days=Decimal(3),
        amount_sek=Decimal("31500.00"),
        invoicing="suspended",
    )
    assert "Day by day: 3 liable days of 2 episodes." in home_lines
    assert "Invoicing: suspended; computed and shown, no invoice base is issued." in home_lines
    assert not [each for each in home_lines if "ean" in each]


@pytest.mark.parametrize("key", [(MONTH, "0181", SOMATIC), (date(2024, 1, 1), "0180", SOMATIC)])
def test_a_month_that_is_not_there_has_nothing_to_say(
    tmp_path: Path, key: tuple[date, str, str]
) -> None:
    home = Home(tmp_path)
    build_warehouse(home, AS_OF, {"fct_municipality_month": [municipality_month("0180")]})
    with open_marts(home, AS_OF) as connection:
        assert explain_month(connection, key) == []
