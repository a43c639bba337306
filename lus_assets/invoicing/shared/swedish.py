"""The Swedish words that municipalities read: codes, months, amounts, paragraphs.

Closed sets: a code that has no word raises, so that a new one is never shown as it is.
"""

from collections.abc import Mapping

from lus_assets.core.swedish import (
    capitalised,
    count,
    day_name,
    legal_reference,
    money,
    month_name,
    number,
)

__all__ = [
    "BILLING_MODEL",
    "CARE_TYPE",
    "FREE_DAY_UNIT",
    "INVOICING",
    "LINE_TYPE",
    "RESPONSIBLE",
    "STATUS",
    "VAT_CATEGORY",
    "capitalised",
    "count",
    "day_name",
    "legal_reference",
    "money",
    "month_name",
    "number",
    "responsible",
    "word",
]

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
FREE_DAY_UNIT = {"calendar": ("kalenderdag", "kalenderdagar"), "weekday": ("vardag", "vardagar")}
"""One and more."""

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


def word(column: str, code: str | None) -> str | None:
    """The word for a code of a column of the marts, as it stands in a cell; None for none.

    Raises:
        KeyError: the column or the code has no word.
    """
    return None if code is None else capitalised(_WORDS[column][code])


def responsible(party: str, sender_role: str | None) -> str:
    """Who could have done otherwise; for `sender`, whoever sent the message."""
    return capitalised(RESPONSIBLE[(sender_role or "none") if party == "sender" else party])
