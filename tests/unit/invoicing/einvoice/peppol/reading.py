"""Reading a UBL document, and the rules that are registered for it.

A second opinion on the e-invoice draft: nothing here or beside it comes from the code that writes
the draft. Rules are read anew from their published texts (EN 16931, Peppol BIS Billing 3).
"""

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from lxml import etree

UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
NS = {"cac": f"{UBL}CommonAggregateComponents-2", "cbc": f"{UBL}CommonBasicComponents-2"}

SELLER = "cac:AccountingSupplierParty/cac:Party"
BUYER = "cac:AccountingCustomerParty/cac:Party"
LINES = "cac:InvoiceLine | cac:CreditNoteLine"
QUANTITY = "cbc:InvoicedQuantity | cbc:CreditedQuantity"
SUBTOTAL = "cac:TaxTotal/cac:TaxSubtotal"
TOTAL = "cac:LegalMonetaryTotal"

Rule = Callable[[Any], bool]
RULES: dict[str, Rule] = {}


def rule(*names: str) -> Callable[[Rule], Rule]:
    def register(function: Rule) -> Rule:
        for name in names:
            RULES[name] = function
        return function

    return register


def all_of(element: Any, path: str) -> list[Any]:
    return element.xpath(path, namespaces=NS)


def has(element: Any, path: str) -> bool:
    return any(text(each) for each in all_of(element, path))


def text(element: Any) -> str:
    return " ".join("".join(element.itertext()).split())


def one(element: Any, path: str) -> str:
    found = all_of(element, path)
    return text(found[0]) if found else ""


def number(element: Any, path: str) -> Decimal:
    return Decimal(one(element, path) or "0")


def total(elements: Iterable[Any], path: str) -> Decimal:
    return sum((number(each, path) for each in elements), Decimal(0))


def category(element: Any) -> str:
    return one(element, "cac:Item/cac:ClassifiedTaxCategory/cbc:ID")


def is_credit_note(root: Any) -> bool:
    return etree.QName(root).localname == "CreditNote"


def luhn(digits: str) -> bool:
    values = [int(digit) for digit in digits]
    values[-2::-2] = [value * 2 - 9 * (value > 4) for value in values[-2::-2]]
    return sum(values) % 10 == 0
