"""The e-invoice draft: known answers by hand, and what it needs to be drafted."""

import re
from dataclasses import replace
from typing import Any

import pytest
from lxml import etree

from lus_assets.core.errors import LusError
from lus_assets.invoicing.einvoice.peppol import draft
from lus_assets.invoicing.shared.document import InvoiceDocument
from lus_assets.invoicing.shared.missing import missing
from tests.unit.invoicing.documents import (
    PSYCHIATRIC,
    RECIPIENT,
    SELLER,
    correction,
    invoice,
    line,
)
from tests.unit.invoicing.einvoice.peppol.reading import BUYER, LINES, TOTAL, all_of, one
from tests.unit.invoicing.einvoice.peppol.reading import SELLER as SELLER_PATH


def root_of(document: InvoiceDocument) -> Any:
    return etree.fromstring(draft(document))


def figures(root: Any) -> dict[str, str]:
    return {
        "lines": one(root, f"{TOTAL}/cbc:LineExtensionAmount"),
        "net": one(root, f"{TOTAL}/cbc:TaxExclusiveAmount"),
        "vat": one(root, "cac:TaxTotal/cbc:TaxAmount"),
        "payable": one(root, f"{TOTAL}/cbc:PayableAmount"),
    }


def test_region_dalarnas_month_is_146_790_kronor() -> None:
    root = root_of(invoice(line("13.98", "10500.00")))
    assert etree.QName(root).localname == "Invoice"
    assert figures(root) == {
        "lines": "146790.00",
        "net": "146790.00",
        "vat": "0.00",
        "payable": "146790.00",
    }
    (row,) = all_of(root, LINES)
    assert one(row, "cbc:InvoicedQuantity") == "13.98"
    assert one(row, "cbc:InvoicedQuantity/@unitCode/..") == "13.98"
    assert one(row, "cac:Price/cbc:PriceAmount") == "10500.00"
    name = "Debitering: dagar över genomsnittsnivån, all slutenvård, utskrivna i mars 2023"
    assert one(row, "cac:Item/cbc:Name") == name
    assert one(row, "cac:Item/cbc:Description") == "Regelverk dalarna-mean (antagande)"


def test_an_invoice_says_who_when_and_where_to_pay() -> None:
    root = root_of(invoice(line("13.98")))
    assert one(root, "cbc:ID") == "LUS-000123"
    assert one(root, "cbc:IssueDate") == "2023-04-26"
    # thirty days after 26 April
    assert one(root, "cbc:DueDate") == "2023-05-26"
    assert one(root, "cbc:InvoiceTypeCode") == "380"
    assert one(root, "cbc:BuyerReference") == "LUS-2080"
    assert one(root, f"{SELLER_PATH}/cbc:EndpointID[@schemeID='0007']") == "2320999994"
    name = "Kommunalförbundet Omsorg i Provstad"
    assert one(root, f"{BUYER}/cac:PartyLegalEntity/cbc:RegistrationName") == name
    account = "cac:PaymentMeans/cac:PayeeFinancialAccount"
    assert one(root, f"{account}/cbc:ID") == "9912346"
    assert one(root, f"{account}/cac:FinancialInstitutionBranch/cbc:ID") == "SE:BANKGIRO"
    assert one(root, "cac:PaymentMeans/cbc:PaymentID") == "LUS-000123"


def test_the_note_names_the_act_the_base_and_what_is_assumed() -> None:
    note = one(root_of(invoice(line("1"))), "cbc:Note")
    assert "lag (2017:612), Provstad mars 2023, fakturaunderlag 2023-03-2080" in note
    assert note.endswith("Vilar på antaganden: regelverk dalarna-mean, momskategori E.")
    settled = replace(SELLER, vat_category="E")
    sourced = line("1", ruleset_id=PSYCHIATRIC, episode_id="E1")
    assert "antagande" not in one(root_of(invoice(sourced, seller=settled)), "cbc:Note")


def test_a_correction_credits_the_old_debits_the_new_and_names_their_invoice() -> None:
    # December had 5 days at 9 300; it should have been 4: 46 500 back, 37 200 charged, -9 300
    document = invoice(*correction("5", "4"), line("13.98"), preceding={"a" * 32: "LUS-000101"})
    root = root_of(document)
    assert figures(root)["payable"] == "137490.00"
    credit, debit, charge = all_of(root, LINES)
    assert one(credit, "cbc:InvoicedQuantity") == "-5"
    assert one(credit, "cbc:LineExtensionAmount") == "-46500.00"
    assert one(credit, "cac:Price/cbc:PriceAmount") == "9300.00"
    assert one(debit, "cbc:InvoicedQuantity") == "4"
    assert one(debit, "cbc:LineExtensionAmount") == "37200.00"
    assert one(credit, "cbc:Note") == f"Rättar rad {'a' * 32} på faktura LUS-000101"
    assert one(charge, "cbc:Note") == ""
    references = all_of(root, "cac:BillingReference/cac:InvoiceDocumentReference/cbc:ID")
    assert [each.text for each in references] == ["LUS-000101"]


def test_the_invoice_period_reaches_back_to_the_months_that_are_corrected() -> None:
    root = root_of(invoice(*correction("5", "4"), line("13.98")))
    period = "cac:InvoicePeriod"
    assert one(root, f"{period}/cbc:StartDate") == "2022-12-01"
    assert one(root, f"{period}/cbc:EndDate") == "2023-03-31"
    credit, _, charge = all_of(root, LINES)
    assert one(credit, f"{period}/cbc:EndDate") == "2022-12-31"
    assert one(charge, f"{period}/cbc:StartDate") == "2023-03-01"


def test_an_invoice_that_no_line_corrects_is_not_referred_to() -> None:
    root = root_of(invoice(line("1"), preceding={"b" * 32: "LUS-000099"}))
    assert not all_of(root, "cac:BillingReference")


def test_a_negative_sum_is_a_credit_note_with_every_sign_turned() -> None:
    # 46 500 back and 37 200 charged: 9 300 to be paid back
    document = invoice(*correction("5", "4"), preceding={"a" * 32: "LUS-000101"})
    root = root_of(document)
    assert etree.QName(root).localname == "CreditNote"
    assert one(root, "cbc:CreditNoteTypeCode") == "381"
    assert figures(root)["payable"] == "9300.00"
    credit, debit = all_of(root, LINES)
    assert one(credit, "cbc:CreditedQuantity") == "5"
    assert one(credit, "cbc:LineExtensionAmount") == "46500.00"
    assert one(debit, "cbc:CreditedQuantity") == "-4"
    assert one(debit, "cbc:LineExtensionAmount") == "-37200.00"
    assert {one(each, "cac:Price/cbc:PriceAmount") for each in (credit, debit)} == {"9300.00"}
    assert not all_of(root, "cac:PaymentMeans | cbc:DueDate")
    assert one(root, "cac:BillingReference/cac:InvoiceDocumentReference/cbc:ID") == "LUS-000101"


def test_lines_that_cancel_out_are_an_invoice_of_nothing() -> None:
    root = root_of(invoice(*correction("5", "5")))
    assert etree.QName(root).localname == "Invoice"
    assert figures(root)["payable"] == "0.00"


@pytest.mark.parametrize(
    ("category", "percent", "vat", "payable"),
    [
        *(("E", 0, "0.00", "146790.02"), ("O", 0, "0.00", "146790.02")),
        # 25 % of 146 790.02 is 36 697.505, half-up 36 697.51
        *(("Z", 0, "0.00", "146790.02"), ("S", 25, "36697.51", "183487.53")),
    ],
)
def test_vat_follows_its_category(category: str, percent: int, vat: str, payable: str) -> None:
    seller = replace(SELLER, vat_category=category, vat_percent=percent)
    rows = line("13.98"), line("1", "0.02", ruleset_id=PSYCHIATRIC, episode_id="E1")
    root = root_of(invoice(*rows, seller=seller))
    assert (figures(root)["vat"], figures(root)["payable"]) == (vat, payable)
    has_vat_id = bool(all_of(root, "//cac:TaxScheme[cbc:ID='VAT']/../cbc:CompanyID"))
    assert has_vat_id is (category != "O")


def test_f_tax_is_stated_when_it_is_set() -> None:
    path = f"{SELLER_PATH}/cac:PartyTaxScheme[cac:TaxScheme/cbc:ID='TAX']/cbc:CompanyID"
    assert one(root_of(invoice(line("1"))), path) == ""
    approved = replace(SELLER, approved_for_f_tax=True)
    assert one(root_of(invoice(line("1"), seller=approved)), path) == "Godkänd för F-skatt"


@pytest.mark.parametrize(
    ("numbers", "account", "branch"),
    [
        ({"plusgiro": "18", "iban": "SE3550000000054910000003"}, "9912346", "SE:BANKGIRO"),
        ({"bankgiro": "", "plusgiro": "18"}, "18", "SE:PLUSGIRO"),
        (
            {"bankgiro": "", "iban": "SE3550000000054910000003"},
            "SE3550000000054910000003",
            "",
        ),
    ],
)
def test_one_account_is_named(numbers: dict[str, str], account: str, branch: str) -> None:
    root = root_of(invoice(line("1"), seller=replace(SELLER, **numbers)))
    (payee,) = all_of(root, "cac:PaymentMeans/cac:PayeeFinancialAccount")
    assert one(payee, "cbc:ID") == account
    assert one(payee, "cac:FinancialInstitutionBranch/cbc:ID") == branch


def test_no_episode_is_named_to_the_network() -> None:
    content = draft(invoice(line("3", ruleset_id=PSYCHIATRIC, episode_id="VARDTILLFALLE-77")))
    assert b"VARDTILLFALLE" not in content


def test_the_same_document_is_the_same_bytes() -> None:
    first, second = (draft(invoice(*correction("5", "4"), line("13.98"))) for _ in range(2))
    assert first == second


def test_a_whole_document_misses_nothing() -> None:
    assert missing(invoice(line("1"))) == []


def test_without_recipient_and_seller_everything_is_listed() -> None:
    assert missing(invoice(line("1"), recipient=None, seller=None)) == [
        "region/invoice_recipient.csv has no row for municipality 2080 on 2023-04-26",
        "region/settings.toml, [seller] name, is not set",
        "region/settings.toml, [seller] organisation_number, is not set",
        "region/settings.toml, [seller] electronic_address, is not set",
        "region/settings.toml, [seller] postal_code, is not set",
        "region/settings.toml, [seller] city, is not set",
        "region/settings.toml, [seller] vat_id, is not set",
        "region/settings.toml, [seller] bankgiro, plusgiro or iban: one is needed",
    ]


@pytest.mark.parametrize(
    ("recipient", "seller", "words"),
    [
        ({"electronic_address": ""}, {}, "column electronic_address, is empty for"),
        ({"buyer_reference": ""}, {}, "columns buyer_reference and order_reference, are empty"),
        ({"city": ""}, {}, "column city, is empty"),
        ({}, {"bankgiro": ""}, "bankgiro, plusgiro or iban"),
        ({}, {"vat_id": ""}, "[seller] vat_id, is not set"),
    ],
)
def test_each_thing_missing_is_named_and_stops_the_draft(
    recipient: dict[str, str], seller: dict[str, str], words: str
) -> None:
    document = invoice(
        line("1"), recipient=replace(RECIPIENT, **recipient), seller=replace(SELLER, **seller)
    )
    (told,) = missing(document)
    assert words in told
    with pytest.raises(LusError, match=re.escape(words)):
        draft(document)


def test_an_order_reference_stands_in_for_a_buyer_reference() -> None:
    recipient = replace(RECIPIENT, buyer_reference="", order_reference="4711")
    root = root_of(invoice(line("1"), recipient=recipient))
    assert one(root, "cac:OrderReference/cbc:ID") == "4711"


def test_outside_vat_no_vat_number_is_needed_and_for_a_credit_note_no_account() -> None:
    outside = replace(SELLER, vat_category="O", vat_id="")
    assert missing(invoice(line("1"), seller=outside)) == []
    assert missing(invoice(*correction("5", "4"), seller=replace(SELLER, bankgiro=""))) == []


def test_without_lines_there_is_nothing_to_invoice() -> None:
    with pytest.raises(LusError, match="nothing to invoice"):
        draft(invoice())
