"""The order of elements in UBL 2.1, of those that an e-invoice draft has."""

from typing import Any

from lxml import etree

_PERIOD = ("StartDate", "EndDate")
_CATEGORY = ("ID", "Percent", "TaxExemptionReasonCode", "TaxExemptionReason", "TaxScheme")
ORDER = {
    "Invoice": (
        *("CustomizationID", "ProfileID", "ID", "IssueDate", "DueDate", "InvoiceTypeCode", "Note"),
        *("DocumentCurrencyCode", "BuyerReference", "InvoicePeriod", "OrderReference"),
        *("BillingReference", "AccountingSupplierParty", "AccountingCustomerParty"),
        *("PaymentMeans", "PaymentTerms", "TaxTotal", "LegalMonetaryTotal", "InvoiceLine"),
    ),
    "CreditNote": (
        *("CustomizationID", "ProfileID", "ID", "IssueDate", "CreditNoteTypeCode", "Note"),
        *("DocumentCurrencyCode", "BuyerReference", "InvoicePeriod", "OrderReference"),
        *("BillingReference", "AccountingSupplierParty", "AccountingCustomerParty"),
        *("PaymentMeans", "PaymentTerms", "TaxTotal", "LegalMonetaryTotal", "CreditNoteLine"),
    ),
    "InvoicePeriod": _PERIOD,
    "OrderReference": ("ID",),
    "BillingReference": ("InvoiceDocumentReference",),
    "InvoiceDocumentReference": ("ID",),
    "AccountingSupplierParty": ("Party",),
    "AccountingCustomerParty": ("Party",),
    "Party": (
        *("EndpointID", "PartyName", "PostalAddress", "PartyTaxScheme", "PartyLegalEntity"),
        "Contact",
    ),
    "PartyName": ("Name",),
    "PostalAddress": ("StreetName", "CityName", "PostalZone", "Country"),
    "Country": ("IdentificationCode",),
    "PartyTaxScheme": ("CompanyID", "TaxScheme"),
    "TaxScheme": ("ID",),
    "PartyLegalEntity": ("RegistrationName", "CompanyID"),
    "Contact": ("Name", "Telephone", "ElectronicMail"),
    "PaymentMeans": ("PaymentMeansCode", "PaymentID", "PayeeFinancialAccount"),
    "PayeeFinancialAccount": ("ID", "FinancialInstitutionBranch"),
    "FinancialInstitutionBranch": ("ID",),
    "PaymentTerms": ("Note",),
    "TaxTotal": ("TaxAmount", "TaxSubtotal"),
    "TaxSubtotal": ("TaxableAmount", "TaxAmount", "TaxCategory"),
    "TaxCategory": _CATEGORY,
    "ClassifiedTaxCategory": _CATEGORY,
    "LegalMonetaryTotal": (
        *("LineExtensionAmount", "TaxExclusiveAmount", "TaxInclusiveAmount", "PayableAmount"),
    ),
    "InvoiceLine": (
        *("ID", "Note", "InvoicedQuantity", "LineExtensionAmount", "InvoicePeriod"),
        *("DocumentReference", "Item", "Price"),
    ),
    "CreditNoteLine": (
        *("ID", "Note", "CreditedQuantity", "LineExtensionAmount", "InvoicePeriod"),
        *("DocumentReference", "Item", "Price"),
    ),
    "DocumentReference": ("ID", "DocumentTypeCode"),
    "Item": ("Description", "Name", "ClassifiedTaxCategory"),
    "Price": ("PriceAmount",),
}


def out_of_order(root: Any) -> list[str]:
    """Elements whose children UBL does not have there, or has in another order."""
    return [
        f"order of {etree.QName(each).localname}" for each in root.iter() if not _in_order(each)
    ]


def _in_order(element: Any) -> bool:
    allowed = ORDER.get(etree.QName(element).localname, ())
    names = [etree.QName(child).localname for child in element]
    return all(name in allowed for name in names) and names == sorted(names, key=allowed.index)
