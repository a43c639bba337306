"""Which figures the follow-up shows, and what they are called."""

from lus_assets.statistics.definitions import BLOCKED_BY, FINDING, MEASURES
from lus_assets.statistics.yearly.source import YearInput

SUMMARY = (
    *("episodes_discharged", "episodes_billable", "share_billable", "ready_days_all"),
    *("mean_ready_days", "mean_ready_days_excluding_zero", "share_discharged_on_day_zero"),
    *("liable_days", "readmissions_index_65", "share_readmitted_7_days_65"),
)
DEVIATIONS = ("episodes_discharged", *BLOCKED_BY)
_MORE = {
    "municipality_months_above_level": "Månader över nivån, summa för kommunerna",
    "reference_ready_days_all": "Utskrivningsklara dagar att jämföra med (målet)",
}


def measure_words(given: YearInput) -> dict[str, str]:
    """Measures that the county's year has, in the order of reading, with their Swedish names."""
    findings = {f"episodes_with_{code.lower()}": text for code, text in FINDING.items()}
    months = {
        name: each.title
        for name, each in MEASURES.items()
        if not name.startswith(("median", "p90"))
    }
    words = months | _MORE | BLOCKED_BY | findings
    page = given.years
    place = page.figures.county(page.month)
    return {
        name: text
        for name, text in words.items()
        if page.figures.of(page.month, place, name).value is not None
        or name in (*SUMMARY, *DEVIATIONS)
    }
