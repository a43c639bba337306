"""Numbers that carry a check of their own: organisations, electronic addresses, accounts.

Each function takes what a person wrote and gives the form that documents use, or None when it is
no such number. Blanks and hyphens are the writer's; they never decide.
"""

import re
import unicodedata

ORGANISATION_SCHEME = "0007"
GLN_SCHEME = "0088"
ADDRESS_SCHEMES = (ORGANISATION_SCHEME, GLN_SCHEME)
"""Schemes of electronic addresses that are used here (ISO 6523): organisation number and GLN."""

_ORGANISATION = re.compile(r"[0-9]{6}-?[0-9]{4}")
_GLN_DIGITS = 13


def organisation_number(text: str) -> str | None:
    """Ten digits of a Swedish organisation number, its check digit right.

    The third digit is at least 2 in every organisation number, so that a personal identity number,
    which sole traders have in its place, is never taken for one.
    """
    written = text.strip()
    if not _ORGANISATION.fullmatch(written):
        return None
    digits = written.replace("-", "")
    return digits if digits[2] >= "2" and _is_luhn(digits) else None


def gln(text: str) -> str | None:
    """Thirteen digits of a Global Location Number, its check digit right."""
    digits = _bare(text)
    if not _is_digits(digits) or len(digits) != _GLN_DIGITS:
        return None
    weighted = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return digits if weighted % 10 == 0 else None


def electronic_address(scheme: str, text: str) -> str | None:
    """An address of one of `ADDRESS_SCHEMES`, as the network writes it."""
    return {ORGANISATION_SCHEME: organisation_number, GLN_SCHEME: gln}[scheme](text)


def vat_id(text: str) -> str | None:
    """A VAT number with its country: in Sweden SE, ten digits with a check digit, two more."""
    written = _bare(text).upper()
    if written.startswith("SE"):
        digits = written[2:]
        is_swedish = _is_digits(digits) and len(digits) == 12 and _is_luhn(digits[:10])
        return written if is_swedish else None
    return written if re.fullmatch(r"[A-Z]{2}[A-Z0-9]{2,12}", written) else None


def bankgiro(text: str) -> str | None:
    """Seven or eight digits of a bankgiro number, its check digit right."""
    return _giro(text, 7, 8)


def plusgiro(text: str) -> str | None:
    """Two to eight digits of a plusgiro number, its check digit right."""
    return _giro(text, 2, 8)


def iban(text: str) -> str | None:
    """An international account number, its check digits right (ISO 13616: remainder 1 by 97)."""
    written = _bare(text).upper()
    if not re.fullmatch(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", written):
        return None
    turned = written[4:] + written[:4]
    return written if int("".join(str(int(sign, 36)) for sign in turned)) % 97 == 1 else None


def is_plain_text(text: str) -> bool:
    """Is there no control character, nor anything else that no document shows?"""
    return not any(unicodedata.category(sign).startswith("C") for sign in text)


def _giro(text: str, fewest: int, most: int) -> str | None:
    digits = _bare(text)
    is_giro = _is_digits(digits) and fewest <= len(digits) <= most and _is_luhn(digits)
    return digits if is_giro else None


def _bare(text: str) -> str:
    return re.sub(r"[\s-]", "", text)


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _is_luhn(digits: str) -> bool:
    """Every second digit from the right doubled, all digits' sum a multiple of ten."""
    doubled = (int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(digits)))
    return sum(sum(divmod(each, 10)) for each in doubled) % 10 == 0
