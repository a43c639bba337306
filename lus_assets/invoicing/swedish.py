"""The Swedish words of invoice documents: months, care types, models, kinds of lines."""

from datetime import date

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
STATUS = {"sourced": "belagd", "assumption": "antagande"}
INVOICING = {"active": "aktiv", "suspended": "vilande"}
VAT_CATEGORY = {
    "E": "undantaget från moms",
    "O": "omfattas inte av moms",
    "Z": "nollskattesats",
    "S": "momspliktigt",
}
_MONTHS = (
    *("januari", "februari", "mars", "april", "maj", "juni", "juli", "augusti", "september"),
    *("oktober", "november", "december"),
)


def month_name(day: date) -> str:
    """`mars 2024`."""
    return f"{_MONTHS[day.month - 1]} {day.year}"
