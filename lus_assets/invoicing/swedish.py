"""The Swedish words that municipalities read: codes, months, amounts, paragraphs.

Closed sets: a code that has no word raises, so that a new one is never shown as it is.
"""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

CARE_TYPE = {
    "somatic": "somatisk vård",
    "psychiatric": "psykiatrisk vård",
    "any": "all slutenvård",
}
BILLING_MODEL = {
    "individual": "varje patients dagar",
    "mean_excess": "dagar över genomsnittsnivån",
    "mean_gate": "varje patients dagar, om genomsnittet är över nivån",
    "mean_excess_cutout": "dagar över genomsnittsnivån; långa vårdtillfällen var för sig",
}
LINE_TYPE = {
    "charge": "Debitering",
    "credit": "Kreditering",
    "debit": "Rättad debitering",
}
STATUS = {"sourced": "enligt källa", "assumption": "antagande"}
INVOICING = {"active": "aktiv", "suspended": "vilande"}
VAT_CATEGORY = {
    "E": "undantaget från moms",
    "O": "omfattas inte av moms",
    "Z": "nollskattesats",
    "S": "momspliktigt",
}
RESPONSIBLE = {
    "inpatient": "slutenvården",
    "outpatient": "öppenvården",
    "region": "regionen",
    "municipality": "kommunen",
    "patient": "patienten",
    "none": "ingen",
}
FREE_DAY_UNIT = {"calendar": "kalenderdagar", "weekday": "vardagar"}

_WORDS: Mapping[str, Mapping[str, str]] = {
    "care_type": CARE_TYPE,
    "line_type": LINE_TYPE,
    "invoicing": INVOICING,
    "status": STATUS,
    "billing_model": BILLING_MODEL,
    "needs": {"municipality": "kommunen", "region": "regionen", "both": "båda"},
    "consent_status": {"given": "samtycker", "declined": "motsätter sig"},
    "admission_type": {"planned": "planerad", "unplanned": "oplanerad"},
    "discharge_type": {
        "home": "hemmet",
        "special_housing": "särskilt boende",
        "transferred": "annan enhet",
        "deceased": "avliden",
        "other": "annat",
    },
    "liability_basis": {"residence": "folkbokföring", "placement": "placering"},
}

_MONTHS = (
    *("januari", "februari", "mars", "april", "maj", "juni", "juli", "augusti", "september"),
    *("oktober", "november", "december"),
)
_NO_BREAK = "\u00a0"
_SECTION = re.compile(r"(\d+):(\d+)")


def word(column: str, code: str | None) -> str | None:
    """The word for a code of a column of the marts, as it stands in a cell; None for none.

    Raises:
        KeyError: the column or the code has no word.
    """
    return None if code is None else capitalised(_WORDS[column][code])


def responsible(party: str, sender_role: str | None) -> str:
    """Who could have done otherwise; for `sender`, whoever sent the message."""
    return capitalised(RESPONSIBLE[(sender_role or "none") if party == "sender" else party])


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


def count(value: int, one: str, more: str) -> str:
    """`1 vårdtillfälle`, `3 vårdtillfällen`."""
    return f"{number(value)}{_NO_BREAK}{one if value == 1 else more}"
