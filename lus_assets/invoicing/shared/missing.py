"""What an e-invoice still needs. Without it the invoice base is issued all the same."""

from dataclasses import dataclass

from lus_assets.invoicing.shared.document import InvoiceDocument

_RECIPIENT = {
    "electronic_address": "mottagarens elektroniska adress",
    "postal_code": "mottagarens postnummer",
    "city": "mottagarens ort",
}
_SELLER = {
    "name": "avsändarens namn",
    "organisation_number": "avsändarens organisationsnummer",
    "electronic_address": "avsändarens elektroniska adress",
    "postal_code": "avsändarens postnummer",
    "city": "avsändarens ort",
}


@dataclass(frozen=True)
class _Lacking:
    """Where the region fills it in (English), and what it is to whoever reads the base."""

    where: str
    text_sv: str


def missing(invoice: InvoiceDocument) -> list[str]:
    """What is not known, by file and column or setting; empty when an e-invoice can be drafted."""
    return [each.where for each in _lacking(invoice)]


def missing_sv(invoice: InvoiceDocument) -> list[str]:
    """The same in Swedish words, for those who read the invoice base."""
    return [each.text_sv for each in _lacking(invoice)]


def _lacking(invoice: InvoiceDocument) -> list[_Lacking]:
    return _of_recipient(invoice) + _of_seller(invoice)


def _of_recipient(invoice: InvoiceDocument) -> list[_Lacking]:
    code, recipient = invoice.municipality_code, invoice.recipient
    file = "region/invoice_recipient.csv"
    if recipient is None:
        where = f"{file} has no row for municipality {code} on {invoice.as_of}"
        return [_Lacking(where, f"en mottagare för {invoice.municipality_name}")]
    # PEPPOL-EN16931-R010; name and address are of every invoice (ML 2023:200 17:24)
    empty = [
        _Lacking(f"{file}, column {column}, is empty for municipality {code}", text)
        for column, text in _RECIPIENT.items()
        if not getattr(recipient, column)
    ]
    if not (recipient.buyer_reference or recipient.order_reference):  # PEPPOL-EN16931-R003
        where = f"{file}, columns buyer_reference and order_reference, are empty for municipality"
        where += f" {code}: one is needed"
        empty.append(_Lacking(where, "mottagarens referens eller beställningsnummer"))
    return empty


def _of_seller(invoice: InvoiceDocument) -> list[_Lacking]:
    seller, file = invoice.known_seller, "region/settings.toml"
    # PEPPOL-EN16931-R020 and as for the recipient
    needed = dict(_SELLER)
    if invoice.vat.category != "O":  # BR-E-02, BR-S-02, BR-Z-02
        needed["vat_id"] = "avsändarens momsregistreringsnummer"
    unset = [
        _Lacking(f"{file}, [seller] {name}, is not set", text)
        for name, text in needed.items()
        if not getattr(seller, name)
    ]
    if not invoice.is_credit_note and not any(seller.account):  # BR-61
        where = f"{file}, [seller] bankgiro, plusgiro or iban: one is needed"
        unset.append(_Lacking(where, "avsändarens bankgiro, plusgiro eller IBAN"))
    return unset
