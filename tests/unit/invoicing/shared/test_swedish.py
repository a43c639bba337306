"""Words for municipalities: every code that a mart may hold has one."""

import csv
from collections.abc import Iterable
from datetime import date
from decimal import Decimal

import pytest

from lus_assets.ingest.contract import FEEDS
from lus_assets.invoicing.shared.swedish import (
    FREE_DAY_UNIT,
    count,
    day_name,
    legal_reference,
    money,
    month_name,
    number,
    responsible,
    word,
)
from lus_assets.warehouse.project import DBT_PROJECT


def seed(name: str, column: str) -> set[str]:
    with (DBT_PROJECT / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return {row[column] for row in csv.DictReader(file)}


def codes(feed: str, column: str) -> Iterable[str]:
    return next(each.codes for each in FEEDS[feed].columns if each.name == column)


@pytest.mark.parametrize(
    ("column", "found"),
    [
        ("care_type", {*codes("stays", "care_type"), *seed("ruleset", "care_type")}),
        ("admission_type", codes("stays", "admission_type")),
        ("discharge_type", codes("stays", "discharge_type")),
        ("needs", codes("messages", "needs")),
        ("consent_status", ("given", "declined")),
        ("liability_basis", ("residence", "placement")),
        ("billing_model", {*seed("ruleset", "billing_model"), "mean_gate"}),
        ("invoicing", seed("ruleset_invoicing", "invoicing")),
        ("status", seed("ruleset", "status")),
        ("line_type", ("charge", "credit", "debit")),
    ],
)
def test_every_code_has_a_word(column: str, found: Iterable[str]) -> None:
    words = [word(column, code) for code in found]
    assert all(words)
    assert len(set(words)) == len(words)


def test_every_unit_of_free_days_has_a_word() -> None:
    assert seed("ruleset", "free_day_unit") <= set(FREE_DAY_UNIT)


def test_everyone_who_can_be_responsible_has_a_name_and_a_sender_is_named_by_role() -> None:
    parties = seed("finding", "responsible") - {"sender"}
    assert {responsible(party, None) for party in parties} == {
        *("Slutenvården", "Öppenvården", "Regionen", "Kommunen", "Patienten", "Ingen")
    }
    roles = codes("messages", "sender_role")
    assert [responsible("sender", role) for role in roles] == [
        *("Slutenvården", "Öppenvården", "Kommunen")
    ]


def test_a_code_without_a_word_is_never_shown_as_it_is() -> None:
    with pytest.raises(KeyError):
        word("care_type", "geriatric")
    assert word("needs", None) is None


def test_every_paragraph_of_the_findings_is_written_out() -> None:
    written = {legal_reference(each) for each in seed("finding", "legal_reference")}
    assert "2 kap. 3\u00a0§ lag (2017:612)" in written
    assert "Överenskommelsen kap. 12" in written
    assert not any(":" in each.replace("(2017:612)", "") for each in written)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (Decimal("146790.00"), "146 790,00"),
        (Decimal("13.98"), "13,98"),
        (Decimal("2.0030"), "2,003"),
        (Decimal("5.3333"), "5,3333"),
        (Decimal("-34800.5"), "−34 800,50"),
        (0, "0"),
        (12345, "12 345"),
    ],
)
def test_numbers_are_written_the_swedish_way(value: Decimal | int, written: str) -> None:
    assert number(value).replace("\u00a0", " ") == written


def test_days_months_and_sums_in_a_sentence() -> None:
    assert month_name(date(2024, 5, 1)) == "maj 2024"
    assert day_name(date(2024, 12, 5)) == "5\u00a0december 2024"
    assert money(Decimal(11600)) == "11\u00a0600,00\u00a0kr"
    assert count(1, "dag", "dagar") == "1\u00a0dag"
    assert count(0, "dag", "dagar") == "0\u00a0dagar"
