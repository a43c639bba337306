"""Who is invoiced for a municipality, and when: the region's own `invoice_recipient.csv`.

The recipient is not always the municipality itself: Norrtälje's is a federation of municipalities.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

from lus_assets.core import identifiers
from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.warehouse.own_rows import read_rows

_DATES = ("valid_from", "valid_to")
_TEXTS = (
    *("recipient_name", "organisation_number", "vat_id", "electronic_address_scheme"),
    *("electronic_address", "buyer_reference", "order_reference", "street", "postal_code"),
    *("city", "country"),
)
COLUMNS = ("municipality_code", *_DATES, *_TEXTS)
_TYPES = {name: "date" if name in _DATES else "varchar" for name in COLUMNS}


@dataclass(frozen=True)
class InvoiceRecipient:
    """Whom a municipality's invoices go to. Empty texts are not known.

    valid_from, valid_to: first and last day of issue, both included; None is open. Numbers are in
    the form that documents use.
    """

    municipality_code: str
    valid_from: date
    valid_to: date | None
    recipient_name: str
    organisation_number: str
    vat_id: str = ""
    electronic_address_scheme: str = identifiers.ORGANISATION_SCHEME
    electronic_address: str = ""
    buyer_reference: str = ""
    order_reference: str = ""
    street: str = ""
    postal_code: str = ""
    city: str = ""
    country: str = "SE"


def recipients_file(home: Home) -> Path:
    """Where the rows are written."""
    return home.region / "invoice_recipient.csv"


def load_recipients(home: Home) -> list[InvoiceRecipient]:
    """Every recipient of a home, by municipality and date; none without a file.

    Raises:
        LusError: a row that is broken, or overlaps another one of its municipality. It names the
            file, the row and the column, never a value.
    """
    path = recipients_file(home)
    found = [(where, _recipient(where, values)) for where, values in read_rows(path, _TYPES)]
    found.sort(key=lambda each: (each[1].municipality_code, each[1].valid_from))
    for (_, earlier), (where, later) in pairwise(found):
        is_same = earlier.municipality_code == later.municipality_code
        if is_same and (earlier.valid_to is None or later.valid_from <= earlier.valid_to):
            raise LusError(
                "valid_from lies within another row of the same municipality",
                where=where,
                todo="end the earlier row with valid_to, the day before",
            )
    return [recipient for _, recipient in found]


def recipient_on(
    recipients: Iterable[InvoiceRecipient], municipality_code: str, on: date
) -> InvoiceRecipient | None:
    """Whom to invoice for a municipality on a day of issue; None: no row says."""
    return next(
        (
            each
            for each in recipients
            if each.municipality_code == municipality_code
            and each.valid_from <= on
            and (each.valid_to is None or on <= each.valid_to)
        ),
        None,
    )


def _recipient(where: str, values: tuple[Any, ...]) -> InvoiceRecipient:
    row = dict(zip(COLUMNS, values, strict=True))
    row |= {name: row[name] or "" for name in _TEXTS}
    for name in ("municipality_code", *_TEXTS):
        if not identifiers.is_plain_text(row[name]):
            raise _broken(where, name, "holds a character that cannot be printed")
    for name, pattern, form in (
        ("municipality_code", r"[0-9]{4}", "is not four digits"),
        ("country", r"[A-Z]{2}", "is not two capital letters"),
    ):
        if not re.fullmatch(pattern, row[name]):
            raise _broken(where, name, form)
    scheme = row["electronic_address_scheme"]
    for name, check in (
        ("organisation_number", identifiers.organisation_number),
        ("vat_id", identifiers.vat_id),
        ("electronic_address", partial(identifiers.electronic_address, scheme)),
    ):
        number = check(row[name]) if row[name] else ""
        if number is None:
            raise _broken(where, name, "is no such number, or its check digit is wrong")
        row[name] = number
    if row["valid_to"] is not None and row["valid_to"] < row["valid_from"]:
        raise _broken(where, "valid_to", "is before valid_from")
    return InvoiceRecipient(**row)


def _broken(where: str, column: str, what: str) -> LusError:
    return LusError(f"{column} {what}", where=where, todo=f"mend {column} in that row")
