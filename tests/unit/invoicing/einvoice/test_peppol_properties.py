"""Whatever the lines and whatever the names: every rule kept, every öre there, nothing hidden."""

from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from lus_assets.invoicing.einvoice.peppol import draft
from tests.unit.invoicing.documents import PSYCHIATRIC, RECIPIENT, SELLER, SOMATIC, invoice, line
from tests.unit.invoicing.einvoice.peppol import broken_rules
from tests.unit.invoicing.einvoice.peppol.reading import (
    BUYER,
    LINES,
    TOTAL,
    all_of,
    is_credit_note,
    number,
    text,
)

CATEGORIES = {"": 0, "E": 0, "O": 0, "Z": 0, "S": 25}
ORE = Decimal("0.01")
# what a file or a settings table can hold: everything but half a character
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@st.composite
def ledger_lines(draw: st.DrawFn) -> dict[str, Any]:
    days = draw(st.decimals("0.0001", "500", places=4))
    price = draw(st.decimals("0.01", "20000", places=2))
    kind = draw(st.sampled_from(["charge", "credit", "debit"]))
    month = date(draw(st.integers(2018, 2023)), draw(st.integers(1, 3)), 1)
    return line(
        f"{-days if kind == 'credit' else days}",
        f"{price}",
        kind,
        month=month,
        ruleset_id=draw(st.sampled_from([SOMATIC, PSYCHIATRIC])),
        episode_id=draw(st.sampled_from([None, "E1", "E2"])),
        corrects=draw(st.sampled_from([None, "a" * 32, "b" * 32])),
    )


@settings(deadline=None)
@given(st.lists(ledger_lines(), min_size=1, max_size=8), st.sampled_from(sorted(CATEGORIES)))
def test_every_rule_is_kept_and_no_ore_is_lost(rows: list[dict[str, Any]], category: str) -> None:
    percent = CATEGORIES[category]
    seller = replace(SELLER, vat_category=category, vat_percent=percent)
    content = draft(invoice(*rows, seller=seller, preceding={"a" * 32: "LUS-000101"}))
    assert broken_rules(content) == []
    assert b">-0.00<" not in content
    root = etree.fromstring(content)
    net = sum((row["amount_sek"] for row in rows), Decimal(0))
    vat = (abs(net) * percent / 100).quantize(ORE, ROUND_HALF_UP)
    assert is_credit_note(root) is (net < 0)
    assert number(root, f"{TOTAL}/cbc:LineExtensionAmount") == abs(net)
    assert number(root, f"{TOTAL}/cbc:PayableAmount") == abs(net) + vat
    turned = -1 if net < 0 else 1
    amounts = [number(each, "cbc:LineExtensionAmount") for each in all_of(root, LINES)]
    assert amounts == [turned * row["amount_sek"] for row in rows]


@settings(deadline=None)
@given(ANY_TEXT, ANY_TEXT, ANY_TEXT)
def test_no_name_breaks_the_document(buyer: str, seller: str, municipality: str) -> None:
    document = invoice(
        line("1"),
        municipality_name=municipality,
        recipient=replace(RECIPIENT, recipient_name=f"K{buyer}", street=buyer, city=f"K{buyer}"),
        seller=replace(SELLER, name=f"R{seller}", contact_name=seller),
    )
    assert broken_rules(draft(document)) == []


@settings(deadline=None)
@given(st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=40))
def test_a_name_is_read_as_it_was_written(name: str) -> None:
    root = etree.fromstring(
        draft(invoice(line("1"), recipient=replace(RECIPIENT, recipient_name=name)))
    )
    (read,) = all_of(root, f"{BUYER}/cac:PartyName/cbc:Name")
    assert text(read) == name


def test_markup_in_a_name_is_text() -> None:
    name = "</cbc:Name><!-- & \"']]> Håbo"
    content = draft(invoice(line("1"), recipient=replace(RECIPIENT, recipient_name=name)))
    root = etree.fromstring(content)
    assert text(all_of(root, f"{BUYER}/cac:PartyName/cbc:Name")[0]) == name
    assert not root.xpath("//comment()")
