"""Rules on sums and VAT."""

import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from lxml import etree

from tests.unit.invoicing.einvoice.peppol.reading import (
    LINES,
    QUANTITY,
    RULES,
    SELLER,
    SUBTOTAL,
    TOTAL,
    Rule,
    all_of,
    category,
    has,
    number,
    one,
    rule,
    text,
    total,
)


@rule("BR-27")
def no_price_is_negative(root: Any) -> bool:
    return all(number(each, "cac:Price/cbc:PriceAmount") >= 0 for each in all_of(root, LINES))


@rule("PEPPOL-EN16931-R120")
def a_line_is_its_days_times_its_price(root: Any) -> bool:
    def is_near(row: Any) -> bool:
        product = number(row, QUANTITY) * number(row, "cac:Price/cbc:PriceAmount")
        return abs(number(row, "cbc:LineExtensionAmount") - product) <= Decimal("0.02")

    return all(is_near(row) for row in all_of(root, LINES))


@rule("BR-CO-10")
def the_sum_of_lines_is_the_sum_of_lines(root: Any) -> bool:
    lines = total(all_of(root, LINES), "cbc:LineExtensionAmount")
    return number(root, f"{TOTAL}/cbc:LineExtensionAmount") == lines


@rule("BR-CO-13")
def without_allowances_the_net_is_the_sum_of_lines(root: Any) -> bool:
    net = number(root, f"{TOTAL}/cbc:LineExtensionAmount")
    return number(root, f"{TOTAL}/cbc:TaxExclusiveAmount") == net


@rule("BR-CO-14")
def the_vat_is_the_sum_of_its_groups(root: Any) -> bool:
    groups = total(all_of(root, SUBTOTAL), "cbc:TaxAmount")
    return number(root, "cac:TaxTotal/cbc:TaxAmount") == groups


@rule("BR-CO-15")
def with_vat_is_net_plus_vat(root: Any) -> bool:
    net, vat = (
        number(root, f"{TOTAL}/cbc:TaxExclusiveAmount"),
        number(root, "cac:TaxTotal/cbc:TaxAmount"),
    )
    return number(root, f"{TOTAL}/cbc:TaxInclusiveAmount") == net + vat


@rule("BR-CO-16")
def nothing_prepaid_all_is_payable(root: Any) -> bool:
    gross = number(root, f"{TOTAL}/cbc:TaxInclusiveAmount")
    return number(root, f"{TOTAL}/cbc:PayableAmount") == gross


@rule("BR-CO-17")
def vat_is_its_percent_rounded_to_ore(root: Any) -> bool:
    def is_right(group: Any) -> bool:
        share = number(group, "cac:TaxCategory/cbc:Percent") / 100
        exact = number(group, "cbc:TaxableAmount") * share
        return number(group, "cbc:TaxAmount") == exact.quantize(Decimal("0.01"), ROUND_HALF_UP)

    return all(is_right(group) for group in all_of(root, SUBTOTAL))


@rule("BR-DEC-12", "BR-DEC-14", "BR-DEC-18", "BR-DEC-19", "BR-DEC-20", "BR-DEC-23")
def amounts_have_two_decimals_at_most(root: Any) -> bool:
    amounts = [
        text(each)
        for each in root.iter()
        if etree.QName(each).localname.endswith("Amount")
        and etree.QName(each).localname != "PriceAmount"
    ]
    return all(re.fullmatch(r"-?[0-9]+(\.[0-9]{1,2})?", each) for each in amounts)


def groups_of(root: Any, code: str) -> list[Any]:
    return all_of(root, f"{SUBTOTAL}[cac:TaxCategory/cbc:ID='{code}']")


def lines_of(root: Any, code: str) -> list[Any]:
    return [each for each in all_of(root, LINES) if category(each) == code]


def _grouped(code: str) -> Rule:
    """Lines of a category have a group, and a group has lines."""
    return lambda root: bool(lines_of(root, code)) == bool(groups_of(root, code))


def _taxable(code: str) -> Rule:
    """A group's taxable amount is the sum of its lines."""

    def holds(root: Any) -> bool:
        lines = total(lines_of(root, code), "cbc:LineExtensionAmount")
        return all(number(each, "cbc:TaxableAmount") == lines for each in groups_of(root, code))

    return holds


def _seller_has_vat_id(code: str) -> Rule:
    path = f"{SELLER}/cac:PartyTaxScheme/cbc:CompanyID"
    return lambda root: not lines_of(root, code) or has(root, path)


def _line_percent(code: str, is_right: Callable[[str], bool]) -> Rule:
    path = "cac:Item/cac:ClassifiedTaxCategory/cbc:Percent"
    return lambda root: all(is_right(one(each, path)) for each in lines_of(root, code))


def _no_tax(code: str) -> Rule:
    return lambda root: all(number(each, "cbc:TaxAmount") == 0 for each in groups_of(root, code))


def _reason(code: str, *, is_wanted: bool) -> Rule:
    path = "cac:TaxCategory/cbc:TaxExemptionReasonCode | cac:TaxCategory/cbc:TaxExemptionReason"
    return lambda root: all(has(each, path) is is_wanted for each in groups_of(root, code))


def is_zero(percent: str) -> bool:
    return percent != "" and Decimal(percent) == 0


for letter in "EOZS":
    RULES[f"BR-{letter}-01"] = _grouped(letter)
    RULES[f"BR-{letter}-08"] = _taxable(letter)
    RULES[f"BR-{letter}-10"] = _reason(letter, is_wanted=letter in "EO")
for letter in "EZS":
    RULES[f"BR-{letter}-02"] = _seller_has_vat_id(letter)
for letter in "EOZ":
    RULES[f"BR-{letter}-09"] = _no_tax(letter)
RULES["BR-E-05"], RULES["BR-Z-05"] = _line_percent("E", is_zero), _line_percent("Z", is_zero)
RULES["BR-O-05"] = _line_percent("O", lambda percent: percent == "")
RULES["BR-S-05"] = _line_percent("S", lambda percent: Decimal(percent or 0) > 0)


@rule("BR-O-02")
def outside_vat_nobody_has_a_vat_id(root: Any) -> bool:
    ids = "//cac:PartyTaxScheme[cac:TaxScheme/cbc:ID='VAT']/cbc:CompanyID"
    return not lines_of(root, "O") or not has(root, ids)


@rule("BR-O-11", "BR-O-12")
def outside_vat_stands_alone(root: Any) -> bool:
    codes = {category(each) for each in all_of(root, LINES)}
    codes |= {text(each) for each in all_of(root, f"{SUBTOTAL}/cac:TaxCategory/cbc:ID")}
    return "O" not in codes or codes == {"O"}


@rule("BR-S-09")
def standard_vat_is_its_percent(root: Any) -> bool:
    return all(
        number(each, "cbc:TaxAmount")
        == (
            number(each, "cbc:TaxableAmount") * number(each, "cac:TaxCategory/cbc:Percent") / 100
        ).quantize(Decimal("0.01"), ROUND_HALF_UP)
        for each in groups_of(root, "S")
    )


@rule("BR-CO-09")
def vat_ids_begin_with_a_country(root: Any) -> bool:
    ids = all_of(root, "//cac:PartyTaxScheme[cac:TaxScheme/cbc:ID='VAT']/cbc:CompanyID")
    return all(re.match("[A-Z]{2}", text(each)) for each in ids)
