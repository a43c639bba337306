"""What an e-invoice still needs. Without it the invoice base is issued all the same."""

from lus_assets.invoicing.document import InvoiceDocument


def missing(invoice: InvoiceDocument) -> list[str]:
    """What is not known, by file and column or setting; empty when an e-invoice can be drafted."""
    return _of_recipient(invoice) + _of_seller(invoice)


def _of_recipient(invoice: InvoiceDocument) -> list[str]:
    code, recipient = invoice.municipality_code, invoice.recipient
    file = "region/invoice_recipient.csv"
    if recipient is None:
        return [f"{file} has no row for municipality {code} on {invoice.as_of}"]
    # PEPPOL-EN16931-R010; name and address are of every invoice (ML 2023:200 17:24)
    empty = [
        f"{file}, column {column}, is empty for municipality {code}"
        for column in ("electronic_address", "postal_code", "city")
        if not getattr(recipient, column)
    ]
    if not (recipient.buyer_reference or recipient.order_reference):  # PEPPOL-EN16931-R003
        empty.append(
            f"{file}, columns buyer_reference and order_reference, are empty for municipality"
            f" {code}: one is needed"
        )
    return empty


def _of_seller(invoice: InvoiceDocument) -> list[str]:
    seller, file = invoice.known_seller, "region/settings.toml"
    # PEPPOL-EN16931-R020 and as for the recipient
    needed = ["name", "organisation_number", "electronic_address", "postal_code", "city"]
    if invoice.vat.category != "O":  # BR-E-02, BR-S-02, BR-Z-02
        needed.append("vat_id")
    unset = [f"{file}, [seller] {name}, is not set" for name in needed if not getattr(seller, name)]
    if not invoice.is_credit_note and not any(seller.account):  # BR-61
        unset.append(f"{file}, [seller] bankgiro, plusgiro or iban: one is needed")
    return unset
