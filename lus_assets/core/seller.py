"""The region as a seller: table `[seller]` of the settings. Everything is optional.

What is given must be right: a number with a wrong check digit is refused when the settings are
read. What an e-invoice lacks is told by `lus_assets.invoicing.shared.missing`, not here.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from lus_assets.core import identifiers
from lus_assets.core.errors import LusError
from lus_assets.core.table import read_table, refused

VAT_CATEGORIES = ("E", "O", "Z", "S")
"""Exempt, outside the scope of VAT, zero rated, standard rated (EN 16931, UNCL 5305)."""
STANDARD_PERCENTS = (6, 12, 25)
"""Swedish rates of standard-rated VAT; Peppol takes no others from Swedish sellers (SE-R-006)."""

_REASON = {"E": "Undantag från mervärdesskatt", "O": "Omfattas inte av mervärdesskatt"}


@dataclass(frozen=True)
class Vat:
    """The VAT of every line. percent: whole percent, 0 unless the category is S.

    exemption_reason: Swedish, of E and O; empty for others. is_assumption: nobody has set it.
    """

    category: str
    percent: int
    exemption_reason: str
    is_assumption: bool


@dataclass(frozen=True)
class Seller:
    """Who invoices; empty texts are not known. Numbers are in the form that documents use."""

    name: str = ""
    organisation_number: str = ""
    vat_id: str = ""
    electronic_address: str = ""
    electronic_address_scheme: str = identifiers.ORGANISATION_SCHEME
    street: str = ""
    postal_code: str = ""
    city: str = ""
    bankgiro: str = ""
    plusgiro: str = ""
    iban: str = ""
    contact_name: str = ""
    contact_phone: str = ""
    contact_email: str = ""
    payment_terms_days: int = 30
    approved_for_f_tax: bool = False
    """Whether documents say "Godkänd för F-skatt"."""
    vat_category: str = ""
    """One of `VAT_CATEGORIES`; not set, E is assumed, and documents say that it is."""
    vat_percent: int = 0
    vat_exemption_reason: str = ""

    @property
    def account(self) -> tuple[str, str]:
        """The one account to pay to, `bankgiro`, `plusgiro` or `iban`, and its number; or empty."""
        kinds = ("bankgiro", "plusgiro", "iban")
        return next(
            ((kind, getattr(self, kind)) for kind in kinds if getattr(self, kind)), ("", "")
        )

    @property
    def vat(self) -> Vat:
        """The VAT that lines carry: what is set, or exempt as an assumption."""
        category = self.vat_category or "E"
        reason = self.vat_exemption_reason or _REASON.get(category, "")
        return Vat(category, self.vat_percent, reason, is_assumption=not self.vat_category)


def read_seller(path: Path, given: Any) -> Seller:
    """What the settings file `path` gives as `[seller]`, checked.

    Raises:
        LusError: an unknown name, another type, or a value that cannot be right. Names the setting.
    """
    table = read_table(path, "seller", Seller, given)
    texts = {name: each for name, each in vars(table).items() if isinstance(each, str)}
    known = {name: _known(path, name, each.strip()) for name, each in texts.items()}
    seller = replace(table, **known)
    _check_together(path, seller)
    return replace(seller, **_numbers(path, seller))


def _known(path: Path, name: str, value: str) -> str:
    if not identifiers.is_plain_text(value):
        raise _refused(path, name, "holds a character that cannot be printed", "write plain text")
    closed: dict[str, tuple[str, ...]] = {
        "electronic_address_scheme": identifiers.ADDRESS_SCHEMES,
        "vat_category": ("", *VAT_CATEGORIES),
    }
    if name in closed and value not in closed[name]:
        allowed = ", ".join(each for each in closed[name] if each)
        raise _refused(path, name, "is none of the known values", f"use one of: {allowed}")
    return value


def _numbers(path: Path, seller: Seller) -> dict[str, str]:
    """The numbers in the form that documents use."""
    checks: dict[str, Callable[[str], str | None]] = {
        "organisation_number": identifiers.organisation_number,
        "vat_id": identifiers.vat_id,
        "bankgiro": identifiers.bankgiro,
        "plusgiro": identifiers.plusgiro,
        "iban": identifiers.iban,
        "electronic_address": partial(
            identifiers.electronic_address, seller.electronic_address_scheme
        ),
    }
    numbers: dict[str, str] = {}
    for name, check in checks.items():
        written = getattr(seller, name)
        number = check(written) if written else ""
        if number is None:
            raise _refused(path, name, "is no such number", "mend it: its check digit is wrong")
        numbers[name] = number
    return numbers


def _check_together(path: Path, seller: Seller) -> None:
    is_standard = seller.vat_category == "S"
    allowed = STANDARD_PERCENTS if is_standard else (0,)
    if seller.vat_percent not in allowed:
        todo = f"with this vat_category, give {', '.join(str(each) for each in allowed)}"
        raise _refused(path, "vat_percent", "does not fit the VAT category", todo)
    if seller.vat_exemption_reason and seller.vat.category not in _REASON:
        todo = f"only categories {', '.join(_REASON)} have a reason; leave it out"
        raise _refused(path, "vat_exemption_reason", "does not fit the VAT category", todo)
    if not 0 <= seller.payment_terms_days <= 365:
        raise _refused(path, "payment_terms_days", "is out of bounds", "give days from 0 to 365")


def _refused(path: Path, name: str, what: str, todo: str) -> LusError:
    return refused(path, f"seller.{name}", what, todo)
