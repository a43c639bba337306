"""Every document that is drafted keeps every rule, and every rule is shown to find its breach."""

from collections.abc import Callable
from typing import Any

import pytest
from lxml import etree

from lus_assets.invoicing.einvoice.peppol import draft
from tests.unit.invoicing.documents import good_documents
from tests.unit.invoicing.einvoice.peppol import RULES, broken_rules
from tests.unit.invoicing.einvoice.peppol.reading import BUYER, NS, SUBTOTAL, TOTAL, all_of
from tests.unit.invoicing.einvoice.peppol.reading import SELLER as SELLER_PATH


@pytest.mark.parametrize("name", good_documents())
def test_a_document_of_every_kind_keeps_every_rule(name: str) -> None:
    assert broken_rules(draft(good_documents()[name])) == []


def removed(path: str) -> Callable[[Any], None]:
    def break_it(root: Any) -> None:
        for each in all_of(root, path):
            each.getparent().remove(each)

    return break_it


def written(path: str, value: str) -> Callable[[Any], None]:
    def break_it(root: Any) -> None:
        found = all_of(root, path)
        assert found
        found[0].text = value

    return break_it


def attributed(path: str, name: str, value: str) -> Callable[[Any], None]:
    def break_it(root: Any) -> None:
        all_of(root, path)[0].set(name, value)

    return break_it


def bared(path: str) -> Callable[[Any], None]:
    def break_it(root: Any) -> None:
        all_of(root, path)[0].attrib.clear()

    return break_it


def doubled(path: str) -> Callable[[Any], None]:
    def break_it(root: Any) -> None:
        first = all_of(root, path)[0]
        first.addnext(etree.fromstring(etree.tostring(first)))

    return break_it


def added(path: str, name: str, value: str) -> Callable[[Any], None]:
    def break_it(root: Any) -> None:
        made = etree.SubElement(all_of(root, path)[0], f"{{{NS['cbc']}}}{name}")
        made.text = value

    return break_it


def put_before(path: str, element: str) -> Callable[[Any], None]:
    def break_it(root: Any) -> None:
        names = " ".join(f'xmlns:{prefix}="{name}"' for prefix, name in NS.items())
        made = etree.fromstring(f"<x {names}>{element}</x>")[0]
        all_of(root, path)[0].addprevious(made)

    return break_it


ROW = "cac:InvoiceLine"
ITEM_VAT = f"{ROW}/cac:Item/cac:ClassifiedTaxCategory"
GROUP_VAT = f"{SUBTOTAL}/cac:TaxCategory"
SELLER_VAT_ID = f"{SELLER_PATH}/cac:PartyTaxScheme/cbc:CompanyID"
SELLER_NUMBER = f"{SELLER_PATH}/cac:PartyLegalEntity/cbc:CompanyID"
ACCOUNT = "cac:PaymentMeans/cac:PayeeFinancialAccount/cbc:ID"
SELLER_ENTITY = f"{SELLER_PATH}/cac:PartyLegalEntity"
_SCHEME = "<cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme>"
VAT_SCHEME = (
    f"<cac:PartyTaxScheme><cbc:CompanyID>SE232099999401</cbc:CompanyID>{_SCHEME}"
    "</cac:PartyTaxScheme>"
)
ZERO_GROUP = (
    "<cac:TaxSubtotal><cbc:TaxableAmount>0.00</cbc:TaxableAmount><cbc:TaxAmount>0.00"
    f"</cbc:TaxAmount><cac:TaxCategory><cbc:ID>Z</cbc:ID>{_SCHEME}</cac:TaxCategory>"
    "</cac:TaxSubtotal>"
)

# rule -> the good document that is broken, and how
BREACHES: dict[str, tuple[str, Callable[[Any], None]]] = {
    "BR-01": ("mean", removed("cbc:CustomizationID")),
    "BR-02": ("mean", removed("cbc:ID")),
    "BR-03": ("mean", removed("cbc:IssueDate")),
    "BR-04": ("mean", removed("cbc:InvoiceTypeCode")),
    "BR-05": ("mean", removed("cbc:DocumentCurrencyCode")),
    "BR-06": ("mean", removed(f"{SELLER_PATH}/cac:PartyLegalEntity/cbc:RegistrationName")),
    "BR-07": ("mean", removed(f"{BUYER}/cac:PartyLegalEntity/cbc:RegistrationName")),
    "BR-08": ("mean", removed(f"{SELLER_PATH}/cac:PostalAddress")),
    "BR-09": ("mean", removed(f"{SELLER_PATH}/cac:PostalAddress/cac:Country")),
    "BR-10": ("mean", removed(f"{BUYER}/cac:PostalAddress")),
    "BR-11": ("mean", removed(f"{BUYER}/cac:PostalAddress/cac:Country")),
    "BR-12": ("mean", removed(f"{TOTAL}/cbc:LineExtensionAmount")),
    "BR-13": ("mean", removed(f"{TOTAL}/cbc:TaxExclusiveAmount")),
    "BR-14": ("mean", removed(f"{TOTAL}/cbc:TaxInclusiveAmount")),
    "BR-15": ("mean", removed(f"{TOTAL}/cbc:PayableAmount")),
    "BR-16": ("mean", removed(ROW)),
    "BR-21": ("mean", removed(f"{ROW}/cbc:ID")),
    "BR-22": ("mean", removed(f"{ROW}/cbc:InvoicedQuantity")),
    "BR-23": ("mean", bared(f"{ROW}/cbc:InvoicedQuantity")),
    "BR-24": ("mean", removed(f"{ROW}/cbc:LineExtensionAmount")),
    "BR-25": ("mean", removed(f"{ROW}/cac:Item/cbc:Name")),
    "BR-26": ("mean", removed(f"{ROW}/cac:Price")),
    "BR-27": ("mean", written(f"{ROW}/cac:Price/cbc:PriceAmount", "-10500.00")),
    "BR-29": ("mean", written("cac:InvoicePeriod/cbc:EndDate", "2023-02-28")),
    "BR-30": ("mean", written(f"{ROW}/cac:InvoicePeriod/cbc:StartDate", "2023-04-01")),
    "BR-45": ("mean", removed(f"{SUBTOTAL}/cbc:TaxableAmount")),
    "BR-46": ("mean", removed(f"{SUBTOTAL}/cbc:TaxAmount")),
    "BR-47": ("mean", removed(f"{GROUP_VAT}/cbc:ID")),
    "BR-48": ("mean", removed(f"{GROUP_VAT}/cbc:Percent")),
    "BR-49": ("mean", removed("cac:PaymentMeans/cbc:PaymentMeansCode")),
    "BR-55": ("corrected", removed("cac:BillingReference/*/cbc:ID")),
    "BR-61": ("mean", removed(ACCOUNT)),
    "BR-62": ("mean", bared(f"{SELLER_PATH}/cbc:EndpointID")),
    "BR-63": ("mean", bared(f"{BUYER}/cbc:EndpointID")),
    "BR-CO-04": ("mean", removed(ITEM_VAT)),
    "BR-CO-09": ("mean", written(SELLER_VAT_ID, "2320999994 01")),
    "BR-CO-10": ("mean", written(f"{TOTAL}/cbc:LineExtensionAmount", "146790.01")),
    "BR-CO-13": ("mean", written(f"{TOTAL}/cbc:TaxExclusiveAmount", "146789.99")),
    "BR-CO-14": ("standard", written("cac:TaxTotal/cbc:TaxAmount", "0.01")),
    "BR-CO-15": ("standard", written(f"{TOTAL}/cbc:TaxInclusiveAmount", "146790.00")),
    "BR-CO-16": ("mean", written(f"{TOTAL}/cbc:PayableAmount", "146789.00")),
    "BR-CO-17": ("standard", written(f"{SUBTOTAL}/cbc:TaxAmount", "36600.00")),
    "BR-CO-18": ("mean", removed(SUBTOTAL)),
    "BR-CO-19": ("mean", removed("cac:InvoicePeriod/*")),
    "BR-CO-20": ("mean", removed(f"{ROW}/cac:InvoicePeriod/*")),
    "BR-CO-25": ("mean", removed("cbc:DueDate | cac:PaymentTerms")),
    "BR-CO-26": ("mean", removed(f"{SELLER_NUMBER} | {SELLER_VAT_ID}")),
    "BR-DEC-12": ("mean", written(f"{TOTAL}/cbc:TaxExclusiveAmount", "146790.000")),
    "BR-DEC-14": ("mean", written(f"{TOTAL}/cbc:TaxInclusiveAmount", "146790.000")),
    "BR-DEC-18": ("mean", written(f"{TOTAL}/cbc:PayableAmount", "146790.000")),
    "BR-DEC-19": ("mean", written(f"{SUBTOTAL}/cbc:TaxableAmount", "146790.000")),
    "BR-DEC-20": ("mean", written(f"{SUBTOTAL}/cbc:TaxAmount", "0.000")),
    "BR-DEC-23": ("mean", written(f"{ROW}/cbc:LineExtensionAmount", "146790.000")),
    "BR-E-01": ("mean", written(f"{GROUP_VAT}/cbc:ID", "Z")),
    "BR-E-02": ("mean", removed(SELLER_VAT_ID)),
    "BR-E-05": ("mean", written(f"{ITEM_VAT}/cbc:Percent", "25")),
    "BR-E-08": ("mean", written(f"{SUBTOTAL}/cbc:TaxableAmount", "1.00")),
    "BR-E-09": ("mean", written(f"{SUBTOTAL}/cbc:TaxAmount", "1.00")),
    "BR-E-10": ("mean", removed(f"{GROUP_VAT}/cbc:TaxExemptionReason")),
    "BR-O-01": ("outside", written(f"{GROUP_VAT}/cbc:ID", "E")),
    "BR-O-02": ("outside", put_before(SELLER_ENTITY, VAT_SCHEME)),
    "BR-O-05": ("outside", added(ITEM_VAT, "Percent", "0")),
    "BR-O-08": ("outside", written(f"{SUBTOTAL}/cbc:TaxableAmount", "1.00")),
    "BR-O-09": ("outside", written(f"{SUBTOTAL}/cbc:TaxAmount", "1.00")),
    "BR-O-10": ("outside", removed(f"{GROUP_VAT}/*[contains(name(), 'Exemption')]")),
    "BR-O-11": ("outside", put_before(SUBTOTAL, ZERO_GROUP)),
    "BR-O-12": ("outside", written(f"{ITEM_VAT}/cbc:ID", "E")),
    "BR-Z-01": ("zero", written(f"{GROUP_VAT}/cbc:ID", "E")),
    "BR-Z-02": ("zero", removed(SELLER_VAT_ID)),
    "BR-Z-05": ("zero", written(f"{ITEM_VAT}/cbc:Percent", "6")),
    "BR-Z-08": ("zero", written(f"{SUBTOTAL}/cbc:TaxableAmount", "1.00")),
    "BR-Z-09": ("zero", written(f"{SUBTOTAL}/cbc:TaxAmount", "1.00")),
    "BR-Z-10": ("zero", added(GROUP_VAT, "TaxExemptionReason", "Undantag")),
    "BR-S-01": ("standard", written(f"{GROUP_VAT}/cbc:ID", "E")),
    "BR-S-02": ("standard", removed(SELLER_VAT_ID)),
    "BR-S-05": ("standard", written(f"{ITEM_VAT}/cbc:Percent", "0")),
    "BR-S-08": ("standard", written(f"{SUBTOTAL}/cbc:TaxableAmount", "1.00")),
    "BR-S-09": ("standard", written(f"{SUBTOTAL}/cbc:TaxAmount", "36600.00")),
    "BR-S-10": ("standard", added(GROUP_VAT, "TaxExemptionReason", "Undantag")),
    "PEPPOL-COMMON-R040": ("gln", written(f"{BUYER}/cbc:EndpointID", "7350053850018")),
    "PEPPOL-COMMON-R049": ("mean", written(f"{BUYER}/cbc:EndpointID", "222099-9995")),
    "PEPPOL-EN16931-R001": ("mean", removed("cbc:ProfileID")),
    "PEPPOL-EN16931-R002": ("mean", doubled("cbc:Note")),
    "PEPPOL-EN16931-R003": ("mean", removed("cbc:BuyerReference")),
    "PEPPOL-EN16931-R004": ("mean", written("cbc:CustomizationID", "urn:cen.eu:en16931:2017")),
    "PEPPOL-EN16931-R007": ("mean", written("cbc:ProfileID", "billing")),
    "PEPPOL-EN16931-R008": ("mean", written("cbc:Note", "")),
    "PEPPOL-EN16931-R010": ("mean", removed(f"{BUYER}/cbc:EndpointID")),
    "PEPPOL-EN16931-R020": ("mean", removed(f"{SELLER_PATH}/cbc:EndpointID")),
    "PEPPOL-EN16931-R051": ("mean", attributed(f"{TOTAL}/cbc:PayableAmount", "currencyID", "EUR")),
    "PEPPOL-EN16931-R053": ("mean", doubled("cac:TaxTotal")),
    "PEPPOL-EN16931-R054": ("mean", removed(SUBTOTAL)),
    "PEPPOL-EN16931-R100": ("mean", doubled(f"{ROW}/cac:DocumentReference")),
    "PEPPOL-EN16931-R101": ("mean", removed(f"{ROW}/cac:DocumentReference/cbc:DocumentTypeCode")),
    "PEPPOL-EN16931-R110": ("corrected", written("cac:InvoicePeriod/cbc:StartDate", "2023-03-01")),
    "PEPPOL-EN16931-R111": ("mean", written("cac:InvoicePeriod/cbc:EndDate", "2023-03-30")),
    "PEPPOL-EN16931-R120": ("mean", written(f"{ROW}/cbc:InvoicedQuantity", "13.99")),
    "PEPPOL-EN16931-CL007": (
        "mean",
        attributed(f"{TOTAL}/cbc:PayableAmount", "currencyID", "kronor"),
    ),
    "PEPPOL-EN16931-CL008": ("mean", attributed(f"{BUYER}/cbc:EndpointID", "schemeID", "SE")),
    "PEPPOL-EN16931-F001": ("mean", written("cbc:DueDate", "26 maj 2023")),
    "PEPPOL-EN16931-P0100": ("mean", written("cbc:InvoiceTypeCode", "381")),
    "PEPPOL-EN16931-P0101": ("credit", written("cbc:CreditNoteTypeCode", "380")),
    "SE-R-001": ("mean", written(SELLER_VAT_ID, "SE2320999994")),
    "SE-R-002": ("mean", written(SELLER_VAT_ID, "SE23209999940A")),
    "SE-R-003": ("mean", written(SELLER_NUMBER, "232099-9994")),
    "SE-R-004": ("mean", written(SELLER_NUMBER, "162320999994")),
    "SE-R-005": ("f_tax", written(f"{SELLER_PATH}/cac:PartyTaxScheme[2]/cbc:CompanyID", "ja")),
    "SE-R-006": ("standard", written(f"{ITEM_VAT}/cbc:Percent", "20")),
    "SE-R-007": ("plusgiro", written(ACCOUNT, "90 20 03-3")),
    "SE-R-008": ("mean", written(ACCOUNT, "991-2346")),
    "SE-R-009": ("mean", written(ACCOUNT, "902003")),
    "SE-R-010": ("plusgiro", written(ACCOUNT, "123456789")),
    "SE-R-011": ("mean", written("cac:PaymentMeans/cbc:PaymentMeansCode", "56")),
    "SE-R-012": ("mean", written("cac:PaymentMeans/cbc:PaymentMeansCode", "31")),
    "SE-R-013": ("mean", written(SELLER_NUMBER, "2320999993")),
}


@pytest.mark.parametrize("name", BREACHES)
def test_a_rule_finds_its_breach(name: str) -> None:
    document, break_it = BREACHES[name]
    root = etree.fromstring(draft(good_documents()[document]))
    assert RULES[name](root)
    break_it(root)
    assert not RULES[name](root)


def test_every_rule_has_a_breach() -> None:
    assert set(BREACHES) == set(RULES)


@pytest.mark.parametrize(
    ("first", "second"),
    [("cbc:IssueDate", "cbc:DueDate"), ("cac:TaxTotal", "cac:LegalMonetaryTotal")],
)
def test_elements_out_of_order_are_found(first: str, second: str) -> None:
    root = etree.fromstring(draft(good_documents()["mean"]))
    all_of(root, second)[0].addnext(all_of(root, first)[0])
    assert broken_rules(etree.tostring(root)) == ["order of Invoice"]
