"""Rules on what a document has, in which form, and over which periods; Swedish sellers' too."""

import re
from datetime import date
from typing import Any

from lxml import etree

from tests.unit.invoicing.einvoice.peppol.reading import (
    BUYER,
    LINES,
    NS,
    QUANTITY,
    RULES,
    SELLER,
    SUBTOTAL,
    TOTAL,
    Rule,
    all_of,
    has,
    is_credit_note,
    luhn,
    number,
    one,
    rule,
    text,
)

PRESENT = {
    "BR-01": "cbc:CustomizationID",
    "BR-02": "cbc:ID",
    "BR-03": "cbc:IssueDate",
    "BR-04": "cbc:InvoiceTypeCode | cbc:CreditNoteTypeCode",
    "BR-05": "cbc:DocumentCurrencyCode",
    "BR-06": f"{SELLER}/cac:PartyLegalEntity/cbc:RegistrationName",
    "BR-07": f"{BUYER}/cac:PartyLegalEntity/cbc:RegistrationName",
    "BR-08": f"{SELLER}/cac:PostalAddress",
    "BR-09": f"{SELLER}/cac:PostalAddress/cac:Country/cbc:IdentificationCode",
    "BR-10": f"{BUYER}/cac:PostalAddress",
    "BR-11": f"{BUYER}/cac:PostalAddress/cac:Country/cbc:IdentificationCode",
    "BR-12": f"{TOTAL}/cbc:LineExtensionAmount",
    "BR-13": f"{TOTAL}/cbc:TaxExclusiveAmount",
    "BR-14": f"{TOTAL}/cbc:TaxInclusiveAmount",
    "BR-15": f"{TOTAL}/cbc:PayableAmount",
    "BR-16": LINES,
    "BR-CO-18": SUBTOTAL,
    "BR-CO-26": f"{SELLER}/*[self::cac:PartyLegalEntity or self::cac:PartyTaxScheme]/cbc:CompanyID",
    "BR-62": f"{SELLER}/cbc:EndpointID/@schemeID/..",
    "BR-63": f"{BUYER}/cbc:EndpointID/@schemeID/..",
    "PEPPOL-EN16931-R001": "cbc:ProfileID",
    "PEPPOL-EN16931-R003": "cbc:BuyerReference | cac:OrderReference/cbc:ID",
    "PEPPOL-EN16931-R010": f"{BUYER}/cbc:EndpointID",
    "PEPPOL-EN16931-R020": f"{SELLER}/cbc:EndpointID",
}
PRESENT_IN_LINE = {
    "BR-21": "cbc:ID",
    "BR-22": QUANTITY,
    "BR-23": "(cbc:InvoicedQuantity | cbc:CreditedQuantity)[@unitCode='DAY']",
    "BR-24": "cbc:LineExtensionAmount",
    "BR-25": "cac:Item/cbc:Name",
    "BR-26": "cac:Price/cbc:PriceAmount",
    "BR-CO-04": "cac:Item/cac:ClassifiedTaxCategory[cac:TaxScheme/cbc:ID='VAT']/cbc:ID",
}
PRESENT_IN_SUBTOTAL = {
    "BR-45": "cbc:TaxableAmount",
    "BR-46": "cbc:TaxAmount",
    "BR-47": "cac:TaxCategory/cbc:ID",
    "BR-48": "cac:TaxCategory[cbc:ID='O' or cbc:Percent]",
}


def _present(path: str) -> Rule:
    return lambda root: has(root, path)


def _present_in(each_path: str, path: str) -> Rule:
    return lambda root: all(has(each, path) for each in all_of(root, each_path))


RULES.update({name: _present(path) for name, path in PRESENT.items()})
RULES.update({name: _present_in(LINES, path) for name, path in PRESENT_IN_LINE.items()})
RULES.update({name: _present_in(SUBTOTAL, path) for name, path in PRESENT_IN_SUBTOTAL.items()})


@rule("BR-49")
def payment_has_a_means(root: Any) -> bool:
    return all(has(each, "cbc:PaymentMeansCode") for each in all_of(root, "cac:PaymentMeans"))


@rule("BR-61")
def a_transfer_has_an_account(root: Any) -> bool:
    transfers = all_of(root, "cac:PaymentMeans[cbc:PaymentMeansCode='30']")
    return all(has(each, "cac:PayeeFinancialAccount/cbc:ID") for each in transfers)


@rule("BR-55")
def a_preceding_invoice_has_its_number(root: Any) -> bool:
    references = all_of(root, "cac:BillingReference")
    return all(has(each, "cac:InvoiceDocumentReference/cbc:ID") for each in references)


@rule("BR-CO-25")
def what_is_to_be_paid_has_a_day_or_terms(root: Any) -> bool:
    is_payable = not is_credit_note(root) and number(root, f"{TOTAL}/cbc:PayableAmount") > 0
    return not is_payable or has(root, "cbc:DueDate | cac:PaymentTerms/cbc:Note")


@rule("PEPPOL-EN16931-R002")
def one_note_at_most(root: Any) -> bool:
    return len(all_of(root, "cbc:Note")) <= 1


@rule("PEPPOL-EN16931-R004")
def the_specification_is_billing_3(root: Any) -> bool:
    wanted = "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
    return one(root, "cbc:CustomizationID") == wanted


@rule("PEPPOL-EN16931-R007")
def the_process_is_billing(root: Any) -> bool:
    form = r"urn:fdc:peppol\.eu:2017:poacc:billing:[0-9]{2}:1\.0"
    return re.fullmatch(form, one(root, "cbc:ProfileID")) is not None


@rule("PEPPOL-EN16931-R008")
def nothing_is_empty(root: Any) -> bool:
    return all(len(each) or text(each) for each in root.iter())


@rule("PEPPOL-EN16931-R051", "PEPPOL-EN16931-CL007")
def every_amount_is_in_the_document_s_currency(root: Any) -> bool:
    currency = one(root, "cbc:DocumentCurrencyCode")
    amounts = [each for each in root.iter() if etree.QName(each).localname.endswith("Amount")]
    return currency == "SEK" and all(each.get("currencyID") == currency for each in amounts)


@rule("PEPPOL-EN16931-R053", "PEPPOL-EN16931-R054")
def one_tax_total_and_it_has_subtotals(root: Any) -> bool:
    return [len(all_of(each, "cac:TaxSubtotal")) > 0 for each in all_of(root, "cac:TaxTotal")] == [
        True
    ]


@rule("PEPPOL-EN16931-R100", "PEPPOL-EN16931-R101")
def a_line_names_one_object_at_most(root: Any) -> bool:
    codes = [
        [one(each, "cbc:DocumentTypeCode") for each in all_of(row, "cac:DocumentReference")]
        for row in all_of(root, LINES)
    ]
    return all(each in ([], ["130"]) for each in codes)


@rule("PEPPOL-EN16931-P0100", "PEPPOL-EN16931-P0101")
def the_type_is_invoice_or_credit_note(root: Any) -> bool:
    if is_credit_note(root):
        return one(root, "cbc:CreditNoteTypeCode") == "381"
    return one(root, "cbc:InvoiceTypeCode") == "380"


@rule("PEPPOL-EN16931-F001")
def dates_are_dates(root: Any) -> bool:
    dates = [text(each) for each in root.iter() if etree.QName(each).localname.endswith("Date")]
    return all(re.fullmatch(r"\d{4}-\d{2}-\d{2}", each) and _is_date(each) for each in dates)


def _is_date(written: str) -> bool:
    try:
        date.fromisoformat(written)
    except ValueError:
        return False
    return True


@rule("PEPPOL-EN16931-CL008")
def addresses_are_of_a_known_scheme(root: Any) -> bool:
    return all(each in ("0007", "0088") for each in all_of(root, "//cbc:EndpointID/@schemeID"))


@rule("PEPPOL-COMMON-R049")
def swedish_numbers_are_ten_digits(root: Any) -> bool:
    return all(
        re.fullmatch("[0-9]{10}", text(each)) and luhn(text(each))
        for each in all_of(root, "//*[@schemeID='0007']")
    )


@rule("PEPPOL-COMMON-R040")
def location_numbers_have_their_check_digit(root: Any) -> bool:
    def is_gln(digits: str) -> bool:
        values = [int(digit) for digit in digits]
        return (10 - (sum(values[0:12:2]) + 3 * sum(values[1:12:2]))) % 10 == values[12]

    found = [text(each) for each in all_of(root, "//*[@schemeID='0088']")]
    return all(re.fullmatch("[0-9]{13}", each) and is_gln(each) for each in found)


@rule("PEPPOL-EN16931-R110")
def no_line_begins_before_the_invoice_period(root: Any) -> bool:
    start = one(root, "cac:InvoicePeriod/cbc:StartDate")
    starts = all_of(root, "*/cac:InvoicePeriod/cbc:StartDate")
    return not start or all(text(each) >= start for each in starts)


@rule("PEPPOL-EN16931-R111")
def no_line_ends_after_the_invoice_period(root: Any) -> bool:
    end = one(root, "cac:InvoicePeriod/cbc:EndDate")
    return not end or all(
        text(each) <= end for each in all_of(root, "*/cac:InvoicePeriod/cbc:EndDate")
    )


@rule("BR-29", "BR-30")
def a_period_ends_after_it_begins(root: Any) -> bool:
    periods = all_of(root, "//cac:InvoicePeriod")
    return all(one(each, "cbc:StartDate") <= one(each, "cbc:EndDate") for each in periods)


@rule("BR-CO-19", "BR-CO-20")
def a_period_has_a_start_or_an_end(root: Any) -> bool:
    return all(
        has(each, "cbc:StartDate | cbc:EndDate") for each in all_of(root, "//cac:InvoicePeriod")
    )


@rule("SE-R-001", "SE-R-002")
def a_swedish_vat_id_is_se_and_twelve_digits(root: Any) -> bool:
    path = f"{SELLER}/cac:PartyTaxScheme[cac:TaxScheme/cbc:ID='VAT']/cbc:CompanyID"
    return all(re.fullmatch("SE[0-9]{12}", text(each)) for each in all_of(root, path))


@rule("SE-R-003", "SE-R-004", "SE-R-013")
def the_seller_s_organisation_number_is_right(root: Any) -> bool:
    written = one(root, f"{SELLER}/cac:PartyLegalEntity/cbc:CompanyID")
    return re.fullmatch("[0-9]{10}", written) is not None and luhn(written)


@rule("SE-R-005")
def another_tax_registration_is_f_tax(root: Any) -> bool:
    path = f"{SELLER}/cac:PartyTaxScheme[not(cac:TaxScheme/cbc:ID='VAT')]/cbc:CompanyID"
    return all(text(each).upper() == "GODKÄND FÖR F-SKATT" for each in all_of(root, path))


@rule("SE-R-006")
def standard_vat_is_6_12_or_25(root: Any) -> bool:
    path = "//*[self::cac:TaxCategory or self::cac:ClassifiedTaxCategory][cbc:ID='S']"
    return all(number(each, "cbc:Percent") in (6, 12, 25) for each in all_of(root, path))


def accounts(root: Any, branch: str) -> list[str]:
    path = "cac:PaymentMeans/cac:PayeeFinancialAccount[cac:FinancialInstitutionBranch/cbc:ID=$name]"
    return [one(each, "cbc:ID") for each in root.xpath(path, namespaces=NS, name=branch)]


@rule("SE-R-007", "SE-R-010")
def a_plusgiro_number_is_two_to_eight_digits(root: Any) -> bool:
    return all(re.fullmatch("[0-9]{2,8}", each) for each in accounts(root, "SE:PLUSGIRO"))


@rule("SE-R-008", "SE-R-009")
def a_bankgiro_number_is_seven_or_eight_digits(root: Any) -> bool:
    return all(re.fullmatch("[0-9]{7,8}", each) for each in accounts(root, "SE:BANKGIRO"))


@rule("SE-R-011", "SE-R-012")
def payment_between_swedes_is_code_30(root: Any) -> bool:
    codes = all_of(root, "cac:PaymentMeans/cbc:PaymentMeansCode")
    return all(text(each) == "30" for each in codes)
