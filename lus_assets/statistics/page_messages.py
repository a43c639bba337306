"""The month's three messages: a figure, what it means, and what to compare it with."""

from dataclasses import dataclass
from datetime import date, timedelta

from lus_assets.core.swedish import count, day_name, month_name, number
from lus_assets.statistics.definitions import CARE_TYPE, RESPONSIBLE
from lus_assets.statistics.page_model import MUNICIPALITY, NOT_PLACES, Figure, PageInput
from lus_assets.statistics.page_words import figure_text, half_up

_NO_BREAK = "\u00a0"
_IN = {
    "inpatient": "i slutenvården",
    "outpatient": "i öppenvården",
    "region": "hos regionen",
    "patient": "på grund av patientens eget val",
    "none": "utan att någon kunde ha gjort annorlunda",
}


@dataclass(frozen=True)
class Message:
    """One of the three. figure, measure, care_type: which published figure it shows."""

    figure: Figure
    measure: str
    unit: str
    sentence: str
    compared: str


def messages(page: PageInput) -> list[Message]:
    """Waiting, what cannot be charged and where it broke, readmissions."""
    return [_waiting(page), _billable(page), _readmissions(page)]


def notices(page: PageInput) -> list[str]:
    """What a reader must know before the figures: a month that is not over, or without patients or
    deliveries."""
    found: list[str] = []
    next_month = (page.month + timedelta(days=31)).replace(day=1)
    if page.as_of < next_month:
        found.append("Månaden är inte slut: alla siffror är preliminära.")
    if county_figure(page, "episodes_discharged").value in (None, 0):
        found.append(
            f"Ingen patient som processen gäller skrevs ut i {month_name(page.month)}, enligt det"
            " som är känt. Tomma diagram och streck betyder att det inte finns något att räkna på."
        )
    if page.gaps:
        days = {day for gap in page.gaps for day in gap.days}
        found.append(
            f"Leveranser saknas för {count(len(days), 'dygn', 'dygn')}, det första den"
            f" {day_name(min(days))}:"
            " siffrorna kan bli andra när de har kommit."
        )
    return found


def county_figure(
    page: PageInput, measure: str, care_type: str = "all", month: date | None = None
) -> Figure:
    """A figure of the county."""
    month = month or page.month
    return page.figures.of(month, page.figures.county(month), measure, care_type)


def level_text(page: PageInput) -> str | None:
    """`nivån 2,00 dagar`, where all municipalities of the month share one level; else None."""
    days = {level.days for (month, _), level in page.levels.items() if month == page.month}
    return f"nivån {number(half_up(days.pop(), 2))}{_NO_BREAK}dagar" if len(days) == 1 else None


def _waiting(page: PageInput) -> Message:
    care_type = page.headline_care_type
    figure = county_figure(page, "mean_ready_days", care_type)
    where = "" if care_type == "all" else f" i {CARE_TYPE[care_type]}"
    above = county_figure(page, "municipalities_above_level", care_type)
    places = page.figures.places(page.month, MUNICIPALITY)
    municipalities = sum(1 for place in places if place.code not in NOT_PLACES)
    compared = _month_before(page, "mean_ready_days", care_type, " dagar")
    if page.levels and above.value is not None:
        level = level_text(page) or "sin nivå"
        compared += f" {int(above.value)} av {municipalities} kommuner låg över {level}."
    return Message(
        figure,
        "mean_ready_days",
        "dagar",
        f"väntade patienterna{where} i genomsnitt på att få lämna sjukhuset, räknat på de "
        "faktureringsbara utskrivningarna.",
        compared,
    )


def _billable(page: PageInput) -> Message:
    figure = county_figure(page, "share_billable")
    compared = _month_before(page, "share_billable", "all", "")
    if figure.numerator is not None and figure.denominator:
        rest = figure.denominator - figure.numerator
        compared += (
            f" För {number(rest)} av"
            f" {count(figure.denominator, 'utskrivning', 'utskrivningar')}"
            " var villkoren inte uppfyllda"
        )
        most = _most_blocking(page) if rest else None
        compared += f", oftast {most}." if most else "."
    return Message(
        figure,
        "share_billable",
        "",
        "av utskrivningarna var faktureringsbara: alla villkor för kommunens betalningsansvar var "
        "uppfyllda.",
        compared,
    )


def _most_blocking(page: PageInput) -> str | None:
    counted = {
        party: county_figure(page, f"episodes_blocked_by_{party}").value or 0
        for party in RESPONSIBLE
    }
    party = max(counted, key=lambda each: counted[each])
    return f"{_IN[party]} ({number(int(counted[party]))})" if counted[party] else None


def _readmissions(page: PageInput) -> Message:
    figure = county_figure(page, "share_readmitted_7_days_65")
    compared = _month_before(page, "share_readmitted_7_days_65", "all", "")
    if figure.value is not None and figure.numerator is not None and figure.denominator:
        compared = f"{number(figure.numerator)} av {number(figure.denominator)}. {compared}"
    if figure.status == "preliminary":
        compared += " Preliminärt: sju dagar har inte gått för alla utskrivna."
    return Message(
        figure,
        "share_readmitted_7_days_65",
        "",
        "av dem som är 65 år eller äldre skrevs in oplanerat igen inom sju dagar.",
        compared,
    )


def _month_before(page: PageInput, measure: str, care_type: str, unit: str) -> str:
    months = page.months
    if len(months) < 2:
        return ""
    text = figure_text(county_figure(page, measure, care_type, months[-2]), measure)
    return f"{month_name(months[-2]).capitalize()}: {text}{unit}." if text else ""


def goal(page: PageInput) -> str:
    """The county's days against the same month of the reference year; empty without one."""
    figure = county_figure(page, "ready_days_all")
    held = county_figure(page, "reference_ready_days_all")
    if figure.value is None or held.value is None:
        return ""
    more = int(figure.value - held.value)
    told = "lika många" if more == 0 else f"{number(abs(more))} {'fler' if more > 0 else 'färre'}"
    return (
        f"Målet är att inte ha fler utskrivningsklara dagar än jämförelseåret. Samma månad då:"
        f" {number(int(held.value))} dagar. I {month_name(page.month)} var de"
        f" {number(int(figure.value))}, {told}."
    )
