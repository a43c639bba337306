"""The page of a year's follow-up: one HTML file that fetches nothing."""

from dataclasses import dataclass

from lus_assets.core.swedish import number
from lus_assets.statistics import page_sections as sections
from lus_assets.statistics.definitions import BLOCKED_BY, RESPONSIBLE
from lus_assets.statistics.page import rendered
from lus_assets.statistics.page_messages import county_figure
from lus_assets.statistics.page_model import DISTRICT, MUNICIPALITY
from lus_assets.statistics.page_sections import Row
from lus_assets.statistics.yearly.source import YearInput
from lus_assets.statistics.yearly.words import SUMMARY, measure_words

_OF_PLACES = (
    *("episodes_discharged", "share_billable", "mean_ready_days", "ready_days_all"),
    "share_readmitted_7_days_65",
)


@dataclass(frozen=True)
class Heads:
    """Column headings of the tables of places."""

    summary: tuple[str, ...] = (
        *("Utskrivna", "Andel faktureringsbara", "Genomsnitt, dagar", "Dagar"),
        "Återinskrivna 65+",
    )
    blocked: tuple[str, ...] = ("Utskrivna", *RESPONSIBLE.values())


def year_html(given: YearInput) -> bytes:
    """The page of `given.year`, UTF-8.

    Raises:
        KeyError: a finding has no Swedish word.
    """
    page, months = given.years, given.months
    blocked, findings = sections.blocked_rows(page), sections.finding_rows(page)
    return rendered(
        "year.html.j2",
        given=given,
        empty_months=[
            each
            for each in given.months_of_year
            if county_figure(months, "episodes_discharged", "all", each).value in (None, 0)
        ],
        heads=Heads(),
        goal=_goal(given),
        summary=_against_year_before(given),
        blocked=blocked,
        findings=findings,
        county_rows=sections.county_rows(months),
        county_heads=sections.county_heads(months),
        municipalities=sections.place_rows(page, MUNICIPALITY, _OF_PLACES, by_name=True),
        deviations=sections.place_rows(
            page, MUNICIPALITY, ("episodes_discharged", *BLOCKED_BY), by_name=True
        ),
        districts=sections.place_rows(page, DISTRICT, _OF_PLACES, by_name=True),
        charts=_charts(given, blocked, findings),
    )


def _charts(given: YearInput, blocked: list[Row], findings: list[Row]) -> dict[str, str]:
    months = given.months
    return {
        "mean": sections.county_chart(
            months, "mean_ready_days", "all", "Genomsnittliga utskrivningsklara dagar per månad"
        ),
        "days": sections.county_chart(
            months, "ready_days_all", "all", "Utskrivningsklara dagar per månad"
        ),
        "share": sections.county_chart(
            months, "share_billable", "all", "Andel faktureringsbara per månad, procent"
        ),
        "blocked": sections.bars(blocked, "Avsteg under året, efter vem"),
        "findings": sections.bars(findings, "Avsteg under året, efter villkor"),
    }


def _against_year_before(given: YearInput) -> list[Row]:
    """The county's year, beside the year before where it is known."""
    page = given.years
    words = measure_words(given)
    measures = [each for each in (*SUMMARY, "municipality_months_above_level") if each in words]
    return [
        Row(
            words[each], [(county_figure(page, each, "all", year), each) for year in given.compared]
        )
        for each in measures
    ]


def _goal(given: YearInput) -> str:
    """The year's days against those of the reference year, where every month has one."""
    page = given.years
    figure = county_figure(page, "ready_days_all")
    held = county_figure(page, "reference_ready_days_all")
    months = [
        sections.reference(given.months, "ready_days_all", each) for each in given.months_of_year
    ]
    if figure.value is None or held.value is None or any(each.value is None for each in months):
        return ""
    is_met = figure.value <= held.value
    return (
        f"Målet, inte fler utskrivningsklara dagar än jämförelseåret ({number(int(held.value))}),"
        f" {'nåddes' if is_met else 'nåddes inte'}: {number(int(figure.value))} dagar."
    )
