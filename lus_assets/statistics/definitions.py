"""What the figures are called and what they mean, in Swedish, for the workbook."""

from dataclasses import dataclass

CARE_TYPE = {"all": "All vård", "somatic": "Somatisk", "psychiatric": "Psykiatrisk"}
RESPONSIBLE = {
    "inpatient": "Slutenvården",
    "outpatient": "Öppenvården",
    "region": "Regionen",
    "patient": "Patienten",
    "none": "Ingen",
}


@dataclass(frozen=True)
class Definition:
    """A measure's heading and meaning."""

    title: str
    text: str


MEASURES = {
    "episodes_discharged": Definition(
        "Utskrivna vårdtillfällen",
        "Avslutade vårdtillfällen där slutenvården har skickat inskrivningsmeddelande eller "
        "underrättelse om utskrivningsklar. Länkade vårdtillfällen räknas som ett.",
    ),
    "episodes_billable": Definition(
        "Betalningsgrundande vårdtillfällen",
        "De av dem där alla villkor för kommunens betalningsansvar är uppfyllda.",
    ),
    "share_billable": Definition(
        "Andel betalningsgrundande", "Betalningsgrundande av alla utskrivna vårdtillfällen."
    ),
    "ready_days": Definition(
        "Utskrivningsklara dagar, betalningsgrundande",
        "Dagar från dag noll till utskrivningen, för betalningsgrundande vårdtillfällen.",
    ),
    "ready_days_all": Definition(
        "Utskrivningsklara dagar, alla", "Samma dagar för alla utskrivna vårdtillfällen."
    ),
    "reference_ready_days_all": Definition(
        "Dagar att jämföra med",
        "Samma månad under det år som regionen har angett, till exempel 2017: målet är att inte ha "
        "fler utskrivningsklara dagar än då.",
    ),
    "mean_ready_days": Definition(
        "Genomsnittligt antal dagar",
        "Utskrivningsklara dagar per betalningsgrundande vårdtillfälle, även de med noll dagar. "
        "Det är det genomsnitt som betalningen räknas på.",
    ),
    "reference_mean_ready_days": Definition(
        "Genomsnitt att jämföra med", "Samma månads genomsnitt under det år som anges."
    ),
    "mean_ready_days_excluding_zero": Definition(
        "Genomsnitt utan noll dagar",
        "Samma dagar per vårdtillfälle med minst en dag. Så räknar SKR; jämför aldrig de två.",
    ),
    "median_ready_days": Definition(
        "Median, dagar", "Hälften av de betalningsgrundande vårdtillfällena hade högst så många."
    ),
    "p90_ready_days": Definition(
        "90:e percentilen, dagar",
        "Nio av tio betalningsgrundande vårdtillfällen hade högst så många dagar.",
    ),
    "liable_days": Definition(
        "Dagar med betalningsansvar",
        "Dagar från det att betalningsansvaret inträdde till utskrivningen.",
    ),
    "reference_liable_days": Definition(
        "Dagar med betalningsansvar att jämföra med", "Samma månad under det år som anges."
    ),
    "withdrawn_ready_days": Definition(
        "Återtagna dagar", "Dagar då patienten var utskrivningsklar men åter blev sjukare."
    ),
    "share_discharged_on_day_zero": Definition(
        "Andel hem dag noll",
        "Betalningsgrundande vårdtillfällen som skrevs ut på dag noll, av alla sådana.",
    ),
    "municipalities_above_level": Definition(
        "Kommuner över nivån", "Kommuner vars genomsnitt låg över överenskommelsens nivå."
    ),
    "readmissions_index_65": Definition(
        "Utskrivna, 65 år och äldre",
        "Alla utskrivna i livet som fyllt 65, efter bostadskommun, med sju dagars uppföljning.",
    ),
    "readmissions_7_days_65": Definition(
        "Återinskrivna inom sju dagar", "De av dem som skrevs in oplanerat inom sju dagar."
    ),
    "share_readmitted_7_days_65": Definition(
        "Andel återinskrivna", "Återinskrivna inom sju dagar av utskrivna, 65 år och äldre."
    ),
}
