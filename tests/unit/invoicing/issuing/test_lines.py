"""Ids and hashes of invoice lines follow from what they say."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import duckdb
import pytest

from lus_assets.invoicing.issuing.lines import DueLine, HeldLine, InvoiceBase, held_table
from lus_assets.ledger.tables import LINE_SCHEMA
from tests.unit.publishing.tiny_marts import contracts

MONTH, MONTH_BEFORE = date(2025, 1, 1), date(2024, 12, 1)


def line(days: str = "3.0000", price: str = "11600.00", episode: str | None = "E1") -> DueLine:
    quantity, unit_price = Decimal(days), Decimal(price)
    amount = (quantity * unit_price).quantize(Decimal("0.01"))
    about = (MONTH, "charge", None, "stockholm-2020-psychiatric", episode)
    return DueLine(*about, quantity, unit_price, amount)


CREDIT = replace(
    line(days="-3.0000"), original_month=MONTH_BEFORE, line_type="credit", corrects_line_id="L1"
)
DEBIT = replace(CREDIT, line_type="debit", quantity_days=Decimal("3.0000"))


def base(*lines: DueLine, code: str = "0180", month: date = MONTH) -> InvoiceBase:
    return InvoiceBase(code, month, lines)


def test_the_columns_are_those_that_the_mart_promises() -> None:
    promised = {
        each["name"]: each["data_type"].lower()
        for each in contracts()["fct_invoice_line"]["columns"]
    }
    relation = duckdb.connect().from_arrow(LINE_SCHEMA.empty_table())
    types = [str(each).lower() for each in relation.types]
    assert dict(zip(relation.columns, types, strict=True)) == promised


def test_the_order_of_lines_changes_nothing() -> None:
    one, other = line(episode="E1"), line(episode="E2")
    assert base(one, other).content_hash == base(other, one).content_hash
    assert base(one, other).table(MONTH).equals(base(other, one).table(MONTH))


def test_as_of_is_no_content() -> None:
    issued = [base(line()).table(date(2025, 2, day)).to_pylist()[0] for day in (26, 27)]
    assert issued[0]["as_of"] != issued[1]["as_of"]
    assert issued[0]["content_hash"] == issued[1]["content_hash"]


@pytest.mark.parametrize(
    "other",
    [
        base(line(days="4.0000")),
        base(line(price="11601.00")),
        base(line(episode="E2")),
        base(line(episode=None)),
        base(line(), line(price="8200.00")),
        base(),
        base(line(), code="0114"),
        base(line(), month=date(2025, 2, 1)),
        base(line(), CREDIT),
        base(replace(line(), original_month=MONTH_BEFORE)),
        base(replace(line(), line_type="debit")),
        base(replace(line(), corrects_line_id="L1")),
    ],
)
def test_everything_charged_is_content(other: InvoiceBase) -> None:
    assert other.content_hash != base(line()).content_hash


def test_a_line_keeps_its_id_when_its_days_change() -> None:
    ids = {base(each).line_id(each) for each in (line(days="3.0000"), line(days="4.0000"))}
    assert len(ids) == 1


def test_lines_of_an_episode_at_two_prices_are_two_lines() -> None:
    one, other = line(price="8200.00"), line(price="7800.00")
    assert base(one, other).line_id(one) != base(one, other).line_id(other)


def test_a_total_is_the_sum_of_its_rounded_lines() -> None:
    thirds = [line(days="0.3333", price="1.01", episode=name) for name in ("E1", "E2", "E3")]
    assert base(*thirds).total_sek == Decimal("1.02")
    assert str(base().total_sek) == "0.00"


def test_a_credit_and_a_debit_of_the_same_are_two_lines() -> None:
    both = base(CREDIT, DEBIT)
    assert both.line_id(CREDIT) != both.line_id(DEBIT)


def test_a_line_debited_again_in_a_later_base_is_another_line() -> None:
    assert base(DEBIT).line_id(DEBIT) != base(DEBIT, month=date(2025, 2, 1)).line_id(DEBIT)


def test_charges_come_first_and_corrections_by_month() -> None:
    older = replace(DEBIT, original_month=date(2024, 11, 1))
    rows = base(DEBIT, older, line(), CREDIT).table(MONTH).to_pylist()
    assert [(row["line_type"], row["original_month"]) for row in rows] == [
        *(("charge", MONTH), ("debit", date(2024, 11, 1))),
        *(("credit", MONTH_BEFORE), ("debit", MONTH_BEFORE)),
    ]


def test_a_credit_lowers_the_total() -> None:
    assert base(line(days="1"), CREDIT).total_sek == Decimal("-23200.00")


def test_held_lines_tell_what_holds_them() -> None:
    waiting = [HeldLine(DEBIT, "dispute", "D1", 2), HeldLine(CREDIT, "later_issue", None, None)]
    rows = held_table(waiting).to_pylist()
    assert [(row["line_type"], row["held_by"]) for row in rows] == [
        *(("credit", "later_issue"), ("debit", "dispute")),
    ]
    assert (rows[1]["first_dispute_id"], rows[1]["open_disputes"]) == ("D1", 2)
