"""Ids and hashes of invoice lines follow from what they say."""

from datetime import date
from decimal import Decimal

import duckdb
import pytest

from lus_assets.invoicing.lines import LINE_SCHEMA, ChargeLine, InvoiceBase
from lus_assets.warehouse import prepare

MONTH = date(2025, 1, 1)


def line(days: str = "3.0000", price: str = "11600.00", episode: str | None = "E1") -> ChargeLine:
    quantity, unit_price = Decimal(days), Decimal(price)
    amount = (quantity * unit_price).quantize(Decimal("0.01"))
    return ChargeLine("stockholm-2020-psychiatric", episode, quantity, unit_price, amount)


def base(*lines: ChargeLine, code: str = "0180", month: date = MONTH) -> InvoiceBase:
    return InvoiceBase(code, month, lines)


def test_the_columns_are_those_that_the_next_build_reads_back() -> None:
    issued = prepare._ISSUED_LINE
    relation = duckdb.connect().from_arrow(LINE_SCHEMA.empty_table())
    types = [str(each).lower() for each in relation.types]
    assert dict(zip(relation.columns, types, strict=True)) == issued


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
