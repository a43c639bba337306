"""The e-invoice draft: Peppol BIS Billing 3 (EN 16931) in UBL 2.1, from an invoice document alone.

An invoice (380) when something is to be paid, a credit note (381) when the sum is negative, with
every sign turned. Elements stand in the order of the UBL schema. Rules are named where they decide.
"""

from lus_assets.core.errors import LusError
from lus_assets.core.identifiers import ORGANISATION_SCHEME
from lus_assets.invoicing.einvoice.peppol_lines import line_node, tax_category
from lus_assets.invoicing.einvoice.ubl import Node, amount, branch, document, leaf
from lus_assets.invoicing.shared.document import InvoiceDocument
from lus_assets.invoicing.shared.missing import missing
from lus_assets.invoicing.shared.recipients import InvoiceRecipient
from lus_assets.invoicing.shared.swedish import month_name

CUSTOMIZATION = "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
PROFILE = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"
INVOICE_TYPE, CREDIT_NOTE_TYPE = "380", "381"
_GIRO = {"bankgiro": "SE:BANKGIRO", "plusgiro": "SE:PLUSGIRO"}
_CREDIT_TRANSFER = "30"  # what Swedish sellers use for every account (SE-R-011, SE-R-012)


def draft(invoice: InvoiceDocument) -> bytes:
    """The e-invoice as UTF-8 XML: the same document gives the same bytes.

    Raises:
        LusError: something that an e-invoice needs is not known (`missing` lists it), or there is
            no line to invoice.
    """
    if lacking := missing(invoice):
        raise LusError(
            f"no e-invoice can be drafted for {invoice.municipality_code}: {'; '.join(lacking)}",
            where=f"invoice base {invoice.invoice_base_id}",
            todo="fill in what is named, and draft the e-invoice again",
        )
    if not invoice.line_rows or invoice.recipient is None:
        raise LusError(
            "there is nothing to invoice: the invoice base has no lines",
            where=f"invoice base {invoice.invoice_base_id}",
            todo="draft an e-invoice of a base with lines",
        )
    kind = "CreditNote" if invoice.is_credit_note else "Invoice"
    sign = -1 if invoice.is_credit_note else 1
    numbered = enumerate(invoice.line_rows, start=1)
    return document(
        kind,
        *_head(invoice, invoice.recipient),
        branch("cac:AccountingSupplierParty", _seller(invoice)),
        branch("cac:AccountingCustomerParty", _buyer(invoice, invoice.recipient)),
        *_payment(invoice),
        _tax_total(invoice, sign),
        _monetary_total(invoice, sign),
        *(line_node(invoice, number, row, sign) for number, row in numbered),
    )


def _head(invoice: InvoiceDocument, recipient: InvoiceRecipient) -> list[Node | None]:
    start, end = invoice.period
    corrected = {row["corrects_line_id"] for row in invoice.line_rows}
    references = {number for line, number in invoice.preceding.items() if line in corrected}
    return [
        leaf("cbc:CustomizationID", CUSTOMIZATION),
        leaf("cbc:ProfileID", PROFILE),
        leaf("cbc:ID", invoice.number),
        leaf("cbc:IssueDate", invoice.as_of.isoformat()),
        *_kind(invoice),
        leaf("cbc:Note", _note(invoice)),
        leaf("cbc:DocumentCurrencyCode", "SEK"),
        leaf("cbc:BuyerReference", recipient.buyer_reference),
        branch(
            "cac:InvoicePeriod",
            leaf("cbc:StartDate", start.isoformat()),
            leaf("cbc:EndDate", end.isoformat()),
        ),
        branch("cac:OrderReference", leaf("cbc:ID", recipient.order_reference)),
        *(
            branch(
                "cac:BillingReference",
                branch("cac:InvoiceDocumentReference", leaf("cbc:ID", number)),
            )
            for number in sorted(references)
        ),
    ]


def _kind(invoice: InvoiceDocument) -> list[Node | None]:
    """UBL's credit note has no due date; the region pays, or settles it with the next invoice."""
    if invoice.is_credit_note:
        return [leaf("cbc:CreditNoteTypeCode", CREDIT_NOTE_TYPE)]
    due = invoice.due_date.isoformat()
    return [leaf("cbc:DueDate", due), leaf("cbc:InvoiceTypeCode", INVOICE_TYPE)]


def _note(invoice: InvoiceDocument) -> str:
    """One note only (PEPPOL-EN16931-R002): what it is about, and what it rests on."""
    about = (
        f"Betalningsansvar för utskrivningsklara enligt lag (2017:612), {invoice.municipality_name}"
        f" {month_name(invoice.month)}, fakturaunderlag {invoice.invoice_base_id}."
    )
    assumed = ", ".join(invoice.assumptions)
    return f"{about} Vilar på antaganden: {assumed}." if assumed else about


def _seller(invoice: InvoiceDocument) -> Node | None:
    seller = invoice.known_seller
    # BR-O-02: outside the scope of VAT, nobody's VAT number may stand
    vat_id = "" if invoice.vat.category == "O" else seller.vat_id
    f_tax = "Godkänd för F-skatt" if seller.approved_for_f_tax else ""
    return branch(
        "cac:Party",
        leaf(
            "cbc:EndpointID", seller.electronic_address, schemeID=seller.electronic_address_scheme
        ),
        branch("cac:PartyName", leaf("cbc:Name", seller.name)),
        _address(seller.street, seller.postal_code, seller.city, "SE"),
        _tax_scheme(vat_id, "VAT"),
        _tax_scheme(f_tax, "TAX"),
        _legal_entity(seller.name, seller.organisation_number),
        branch(
            "cac:Contact",
            leaf("cbc:Name", seller.contact_name),
            leaf("cbc:Telephone", seller.contact_phone),
            leaf("cbc:ElectronicMail", seller.contact_email),
        ),
    )


def _buyer(invoice: InvoiceDocument, buyer: InvoiceRecipient) -> Node | None:
    vat_id = "" if invoice.vat.category == "O" else buyer.vat_id
    return branch(
        "cac:Party",
        leaf("cbc:EndpointID", buyer.electronic_address, schemeID=buyer.electronic_address_scheme),
        branch("cac:PartyName", leaf("cbc:Name", buyer.recipient_name)),
        _address(buyer.street, buyer.postal_code, buyer.city, buyer.country),
        _tax_scheme(vat_id, "VAT"),
        _legal_entity(buyer.recipient_name, buyer.organisation_number),
    )


def _address(street: str, postal_code: str, city: str, country: str) -> Node | None:
    return branch(
        "cac:PostalAddress",
        leaf("cbc:StreetName", street),
        leaf("cbc:CityName", city),
        leaf("cbc:PostalZone", postal_code),
        branch("cac:Country", leaf("cbc:IdentificationCode", country)),
    )


def _tax_scheme(company_id: str, scheme: str) -> Node | None:
    if not company_id:
        return None
    return branch(
        "cac:PartyTaxScheme",
        leaf("cbc:CompanyID", company_id),
        branch("cac:TaxScheme", leaf("cbc:ID", scheme)),
    )


def _legal_entity(name: str, organisation_number: str) -> Node | None:
    return branch(
        "cac:PartyLegalEntity",
        leaf("cbc:RegistrationName", name),
        leaf("cbc:CompanyID", organisation_number, schemeID=ORGANISATION_SCHEME),
    )


def _payment(invoice: InvoiceDocument) -> list[Node | None]:
    """One account, so that nobody pays twice. A credit note is paid by the region: none."""
    if invoice.is_credit_note:
        return []
    kind, number = invoice.known_seller.account
    return [
        branch(
            "cac:PaymentMeans",
            leaf("cbc:PaymentMeansCode", _CREDIT_TRANSFER),
            leaf("cbc:PaymentID", invoice.number),
            branch(
                "cac:PayeeFinancialAccount",
                leaf("cbc:ID", number),
                branch("cac:FinancialInstitutionBranch", leaf("cbc:ID", _GIRO.get(kind, ""))),
            ),
        ),
        branch(
            "cac:PaymentTerms",
            leaf("cbc:Note", f"{invoice.known_seller.payment_terms_days} dagar netto"),
        ),
    ]


def _tax_total(invoice: InvoiceDocument, sign: int) -> Node | None:
    net, vat = sign * invoice.totals.net, sign * invoice.totals.vat
    return branch(
        "cac:TaxTotal",
        amount("cbc:TaxAmount", vat),
        branch(
            "cac:TaxSubtotal",
            amount("cbc:TaxableAmount", net),
            amount("cbc:TaxAmount", vat),
            tax_category("cac:TaxCategory", invoice.vat, has_reason=True),
        ),
    )


def _monetary_total(invoice: InvoiceDocument, sign: int) -> Node | None:
    net, gross = sign * invoice.totals.net, sign * invoice.totals.gross
    return branch(
        "cac:LegalMonetaryTotal",
        amount("cbc:LineExtensionAmount", net),
        amount("cbc:TaxExclusiveAmount", net),
        amount("cbc:TaxInclusiveAmount", gross),
        amount("cbc:PayableAmount", gross),
    )
