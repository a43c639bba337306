"""How Swedish readers see months, days, numbers and paragraphs, in workbooks and on pages."""

import re
from datetime import date
from decimal import Decimal

_MONTHS = (
    *("januari", "februari", "mars", "april", "maj", "juni", "juli", "augusti", "september"),
    *("oktober", "november", "december"),
)
_NO_BREAK = "\u00a0"
_SECTION = re.compile(r"(\d+):(\d+)")


def capitalised(text: str) -> str:
    """With a capital first letter, the rest as it is."""
    return text[:1].upper() + text[1:]


def legal_reference(text: str) -> str:
    """A paragraph as a lawyer writes it: `2017:612 5:3, 2:1` is 5 kap. 3 §, 2 kap. 1 § lag …"""
    act, _, sections = text.partition(" ")
    if act != "2017:612":
        return capitalised(text)
    return _SECTION.sub(rf"\1 kap. \2{_NO_BREAK}§", sections) + f" lag ({act})"


def month_name(day: date) -> str:
    """`mars 2024`."""
    return f"{_MONTHS[day.month - 1]} {day.year}"


def day_name(day: date) -> str:
    """`5 april 2024`."""
    return f"{day.day}{_NO_BREAK}{month_name(day)}"


def number(value: Decimal | int) -> str:
    """`1 234,50`: two decimals, or up to four where they say more; a whole `int` has none."""
    if isinstance(value, int):
        text = f"{value:,}"
    else:
        whole, _, decimals = f"{value:,.4f}".partition(".")
        text = f"{whole}.{decimals[:2]}{decimals[2:].rstrip('0')}"
    return text.replace(",", _NO_BREAK).replace(".", ",").replace("-", "−")


def money(value: Decimal) -> str:
    """`146 790,00 kr`."""
    return f"{number(value)}{_NO_BREAK}kr"


def count(value: Decimal | int, one: str, more: str) -> str:
    """`1 vårdtillfälle`, `3 vårdtillfällen`."""
    return f"{number(value)}{_NO_BREAK}{one if value == 1 else more}"
