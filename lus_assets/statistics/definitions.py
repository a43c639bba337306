"""What the statistics' figures are called and what they mean, in Swedish, wherever they are read.

Closed sets: what has no word raises, so that no code is ever shown as it is.
"""

from dataclasses import dataclass

CARE_TYPE = {"all": "all vård", "somatic": "somatisk vård", "psychiatric": "psykiatrisk vård"}
RESPONSIBLE = {
    "inpatient": "Slutenvården",
    "outpatient": "Öppenvården",
    "region": "Regionen",
    "patient": "Patienten",
    "none": "Ingen",
}
BLOCKED_BY = {
    f"episodes_blocked_by_{party}": f"Kunde ha gjort annorlunda: {name.lower()}"
    for party, name in RESPONSIBLE.items()
}
BILLABLE = (
    "Patienten är utskriven efter en gällande underrättelse om utskrivningsklar, och alla villkor "
    "för kommunens betalningsansvar är uppfyllda. Vad vårdtillfället kostar avgör sedan dagarna "
    "och nivån, och om månaden faktureras."
)
"""What `faktureringsbar` means: the one word for billable (docs/glossary.md)."""


@dataclass(frozen=True)
class Definition:
    """A measure's heading and meaning."""

    title: str
    text: str


MEASURES = {
    "episodes_discharged": Definition(
        "Utskrivna vårdtillfällen",
        "Avslutade vårdtillfällen där slutenvården har skickat inskrivningsmeddelande eller "
        "underrättelse om utskrivningsklar. Sammanlänkade vårdtillfällen räknas som ett.",
    ),
    "episodes_billable": Definition("Faktureringsbara vårdtillfällen", BILLABLE),
    "share_billable": Definition(
        "Andel faktureringsbara", "Faktureringsbara av alla utskrivna vårdtillfällen."
    ),
    "ready_days_all": Definition(
        "Utskrivningsklara dagar, alla",
        "Kalenderdagar från dag noll till utskrivningen, för alla utskrivna vårdtillfällen.",
    ),
    "reference_ready_days_all": Definition(
        "Dagar att jämföra med",
        "Samma månad under det år som regionen har angett, till exempel 2017: målet är att inte ha "
        "fler utskrivningsklara dagar än då.",
    ),
    "ready_days": Definition(
        "Utskrivningsklara dagar, faktureringsbara vårdtillfällen",
        "Samma dagar för de faktureringsbara vårdtillfällena.",
    ),
    "mean_ready_days": Definition(
        "Genomsnittliga utskrivningsklara dagar",
        "Utskrivningsklara dagar per faktureringsbart vårdtillfälle, även de med noll dagar. "
        "Det är det genomsnitt som betalningen beräknas på.",
    ),
    "reference_mean_ready_days": Definition(
        "Genomsnitt att jämföra med", "Samma månads genomsnitt under det år som anges."
    ),
    "mean_ready_days_excluding_zero": Definition(
        "Genomsnitt utan dem som skrevs ut dag noll",
        "Samma dagar per vårdtillfälle med minst en dag. Så räknar SKR; jämför aldrig de två.",
    ),
    "median_ready_days": Definition(
        "Median, dagar", "Hälften av de faktureringsbara vårdtillfällena hade högst så många."
    ),
    "p90_ready_days": Definition(
        "90 procent väntade högst, dagar",
        "Nio av tio faktureringsbara vårdtillfällen hade högst så många dagar.",
    ),
    "liable_days": Definition(
        "Dagar med betalningsansvar",
        "Kalenderdagar från det att betalningsansvaret inträdde till utskrivningen, för de "
        "faktureringsbara vårdtillfällena.",
    ),
    "reference_liable_days": Definition(
        "Dagar med betalningsansvar att jämföra med", "Samma månad under det år som anges."
    ),
    "withdrawn_ready_days": Definition(
        "Återtagna utskrivningsklara dagar",
        "Dagar från en underrättelse om utskrivningsklar till dess att den togs tillbaka.",
    ),
    "share_discharged_on_day_zero": Definition(
        "Andel som skrevs ut dag noll",
        "Faktureringsbara vårdtillfällen som skrevs ut på dag noll, av alla faktureringsbara.",
    ),
    "municipalities_above_level": Definition(
        "Kommuner över nivån", "Kommuner vars genomsnitt låg över överenskommelsens nivå."
    ),
    "readmissions_index_65": Definition(
        "Utskrivna, 65 år och äldre",
        "Utskrivna i livet som har fyllt 65 år, efter folkbokföringskommun, med sju dagars "
        "uppföljning.",
    ),
    "readmissions_7_days_65": Definition(
        "Oplanerat återinskrivna inom sju dagar",
        "De av dem som skrevs in oplanerat inom sju dagar.",
    ),
    "share_readmitted_7_days_65": Definition(
        "Andel oplanerat återinskrivna inom sju dagar",
        "Oplanerat återinskrivna inom sju dagar av utskrivna, 65 år och äldre.",
    ),
}

FINDING = {
    "ADMISSION_NOTICE_MISSING": "Inskrivningsmeddelande saknas",
    "ADMISSION_NOTICE_LATE": "Inskrivningsmeddelande för sent",
    "READY_NOTICE_MISSING": "Underrättelse om utskrivningsklar saknas",
    "PERMANENT_CONTACT_MISSING": "Fast vårdkontakt saknas",
    "SIP_CALL_MISSING": "Kallelse till SIP saknas",
    "SIP_CALL_LATE": "Kallelse till SIP för sent",
    "CARE_PLAN_MISSING": "Samordnad vårdplan saknas",
    "REGION_SERVICES_UNAVAILABLE": "Regionens insatser inte tillgängliga",
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
"""Short, for charts and tables; the whole sentence is the seed's `text_sv`."""


def is_mean(measure: str) -> bool:
    """Is it a mean, in days with decimals?"""
    return measure.removeprefix("reference_").startswith("mean_")


def is_share(measure: str) -> bool:
    """Is it a share, from 0 to 1?"""
    return measure.startswith("share_")
