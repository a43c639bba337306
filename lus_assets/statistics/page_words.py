"""The Swedish words of the statistics: measures, findings, who could have acted, and numbers.

Closed sets: what has no word raises, so that no code is ever shown as it is.
"""

from decimal import ROUND_HALF_UP, Decimal

from lus_assets.core.swedish import number
from lus_assets.statistics.page_model import Figure

CARE_TYPE = {"all": "all vård", "somatic": "somatisk vård", "psychiatric": "psykiatrisk vård"}
RESPONSIBLE = {
    "inpatient": "Slutenvården",
    "outpatient": "Öppenvården",
    "region": "Regionen",
    "patient": "Patientens eget val",
    "none": "Ingen kunde ha gjort annorlunda",
}
FINDING = {
    "ADMISSION_NOTICE_MISSING": "Inskrivningsmeddelande saknas",
    "ADMISSION_NOTICE_LATE": "Inskrivningsmeddelande för sent",
    "READY_NOTICE_MISSING": "Underrättelse om utskrivningsklar saknas",
    "PERMANENT_CONTACT_MISSING": "Fast vårdkontakt saknas",
    "SIP_CALL_MISSING": "Kallelse till SIP saknas",
    "SIP_CALL_LATE": "Kallelse till SIP för sent",
    "CARE_PLAN_MISSING": "Samordnad vårdplan saknas",
    "REGION_SERVICES_UNAVAILABLE": "Regionens insatser inte på plats",
    "PATIENT_DECLINED": "Patienten har motsatt sig insatser",
    "NO_MUNICIPAL_NEED": "Inget behov av kommunens insatser",
    "NEEDS_UNKNOWN": "Oklart vilka insatser som behövs",
    "DECEASED": "Patienten avled",
    "MUNICIPALITY_UNKNOWN": "Okänd betalningsansvarig kommun",
    "RULESET_MISSING": "Inga regler i kraft",
    "DISPUTE_UPHELD": "Kommunens invändning godtagen",
    "MESSAGE_AFTER_DISCHARGE": "Meddelande efter utskrivningen",
    "TRANSFER_WITHOUT_SUCCESSOR": "Flytt utan följande vårdtillfälle",
    "RECEIPT_MISSING": "Kommunens kvittens saknas",
}
MEASURE = {
    "episodes_discharged": "Utskrivna vårdtillfällen",
    "episodes_billable": "Kan ligga till grund för betalning",
    "share_billable": "Andel som kan ligga till grund för betalning",
    "ready_days_all": "Utskrivningsklara dagar, alla",
    "reference_ready_days_all": "Dagar att jämföra med",
    "ready_days": "Utskrivningsklara dagar, betalningsgrundande",
    "mean_ready_days": "Genomsnittliga utskrivningsklara dagar",
    "mean_ready_days_excluding_zero": "Genomsnitt utan dem som gick hem dag noll",
    "median_ready_days": "Median, dagar",
    "p90_ready_days": "90 procent väntade högst, dagar",
    "liable_days": "Dagar med betalningsansvar",
    "share_discharged_on_day_zero": "Andel som gick hem dag noll",
    "readmissions_index_65": "Utskrivna 65 år och äldre",
    "readmissions_7_days_65": "Oplanerat inskrivna igen inom sju dagar",
    "share_readmitted_7_days_65": "Andel oplanerat inskrivna igen inom sju dagar",
}
_NO_BREAK = "\u00a0"


def is_mean(measure: str) -> bool:
    """Is it a mean, in days with decimals?"""
    return measure.removeprefix("reference_").startswith("mean_")


def is_share(measure: str) -> bool:
    """Is it a share, from 0 to 1?"""
    return measure.startswith("share_")


def half_up(value: Decimal, decimals: int) -> Decimal:
    """Rounded half-up, as the rules round."""
    return value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


def value_text(value: Decimal, measure: str) -> str:
    """A value as it is read: `2,31`, `12,4 %`, `1 084`."""
    if is_share(measure):
        return f"{half_up(value * 100, 1)}".replace(".", ",") + f"{_NO_BREAK}%"
    if is_mean(measure):
        return number(half_up(value, 2))
    return number(int(value))


def figure_text(figure: Figure, measure: str) -> str | None:
    """A figure as it is read; None where none is shown."""
    exact = figure.exact
    is_hidden = figure.status in ("suppressed", "not_applicable")
    return None if is_hidden or exact is None else value_text(exact, measure)
