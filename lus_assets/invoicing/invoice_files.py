"""Stub until the helper's module is merged."""

from lus_assets.invoicing.document import InvoiceDocument
from lus_assets.publishing.formats import csv_bytes, parquet_bytes
from lus_assets.publishing.release import DataFile


def invoice_files(document: InvoiceDocument) -> list[DataFile]:
    out = [DataFile("lines.parquet", parquet_bytes(document.lines), document.lines.num_rows)]
    for name in ("lines", "held", "months"):
        t = getattr(document, name)
        out.append(
            DataFile(f"{name if name != 'months' else 'summary'}.csv", csv_bytes(t), t.num_rows)
        )
    return out
