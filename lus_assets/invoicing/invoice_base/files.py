"""An invoice base as files: workbook, tables, JSON, and the e-invoice draft when it can be made.

CSV, Parquet and JSON have the marts' English names; the workbook speaks Swedish. No file names a
person, not even by pseudonym; the e-invoice names no episode either.
"""

from lus_assets.invoicing.einvoice.peppol import draft
from lus_assets.invoicing.invoice_base.as_json import invoice_json
from lus_assets.invoicing.invoice_base.sheets import add_corrections, add_held, add_lines
from lus_assets.invoicing.invoice_base.summary import add_summary
from lus_assets.invoicing.shared.document import InvoiceDocument
from lus_assets.invoicing.shared.missing import missing
from lus_assets.invoicing.shared.rules_sheet import add_rules
from lus_assets.publishing.formats import csv_bytes, parquet_bytes
from lus_assets.publishing.release import DataFile
from lus_assets.publishing.workbook import About, Book

WORKBOOK = "fakturaunderlag.xlsx"
E_INVOICE = "e-invoice.xml"

__all__ = ["E_INVOICE", "WORKBOOK", "InvoiceDocument", "invoice_files"]


def invoice_files(document: InvoiceDocument) -> list[DataFile]:
    """The files of one municipality's invoice base; equal documents give equal bytes.

    The e-invoice is among them when there are lines to invoice and nothing it needs is missing.
    """
    lines, held, months = document.lines, document.held, document.months
    files = [
        DataFile(WORKBOOK, invoice_workbook(document)),
        DataFile("lines.csv", csv_bytes(lines), lines.num_rows),
        DataFile("lines.parquet", parquet_bytes(lines), lines.num_rows),
        DataFile("held.csv", csv_bytes(held), held.num_rows),
        DataFile("summary.csv", csv_bytes(months), months.num_rows),
        DataFile("invoice.json", invoice_json(document)),
    ]
    if document.line_rows and not missing(document):
        files.append(DataFile(E_INVOICE, draft(document)))
    return files


def invoice_workbook(document: InvoiceDocument) -> bytes:
    """The workbook alone: summary, lines, corrections, lines that wait, rules."""
    book = Book(
        About(
            title=document.title,
            subject="Betalningsansvar för utskrivningsklara, lag (2017:612)",
            author=document.known_seller.name or "Regionen",
            as_of=document.as_of,
            comments=f"Nummer {document.number}. Programversion {document.code_version}.",
            footer=f"{document.title}, {document.number}",
        )
    )
    for add in (add_summary, add_lines, add_corrections, add_held):
        add(book, document)
    add_rules(book, document.ruleset_rows)
    return book.content()
