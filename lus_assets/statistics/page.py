"""The page of a month's statistics, and the index of all months: HTML that fetches nothing.

One file each: style, script and charts are inside, and the page's own policy forbids the rest. All
text from data is escaped by the template engine. The same input gives the same bytes.
"""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from lus_assets.core.swedish import (
    capitalised,
    count,
    day_name,
    legal_reference,
    month_name,
    number,
)
from lus_assets.statistics import page_panels
from lus_assets.statistics import page_sections as sections
from lus_assets.statistics.definitions import (
    BILLABLE,
    BLOCKED_BY,
    CARE_TYPE,
    MEASURES,
    RESPONSIBLE,
)
from lus_assets.statistics.page_messages import goal, level_text, messages, notices
from lus_assets.statistics.page_model import AGE_GROUP, MUNICIPALITY, Figure, PageInput
from lus_assets.statistics.page_words import figure_text, half_up

_TEMPLATES = "templates"
_AGE_MEASURES = ("mean_ready_days", "episodes_discharged", "ready_days_all")


@dataclass(frozen=True)
class PublishedMonth:
    """A release in the index. href: of its page, relative to the index.

    month: of a year's follow-up, the year's first day. reason: why there is a new version.
    """

    month: date
    version: int
    as_of: date
    href: str
    reason: str = ""
    is_preliminary: bool = False


def page_html(page: PageInput) -> bytes:
    """The page of `page.month`, UTF-8.

    Raises:
        KeyError: a finding or a measure has no Swedish word.
    """
    panels = page_panels.panels(page)
    districts = sections.district_rows(page)
    blocked, findings = sections.blocked_rows(page), sections.finding_rows(page)
    ages = sections.place_rows(page, AGE_GROUP, _AGE_MEASURES)
    return rendered(
        "page.html.j2",
        page=page,
        messages=messages(page),
        headline=CARE_TYPE[page.headline_care_type],
        level=level_text(page),
        panels=panels,
        scale=page_panels.scale(page),
        notices=notices(page),
        new_districts=sections.new_districts(page),
        panel_rows=page_panels.panel_rows(page, panels),
        county_rows=sections.county_rows(page),
        county_heads=sections.county_heads(page),
        goal=goal(page),
        blocked=blocked,
        findings=findings,
        readmissions=sections.readmission_rows(page),
        ages=ages,
        districts=districts,
        municipalities=[
            (place, sections.municipality_rows(page, place))
            for place in page.figures.places(page.month, MUNICIPALITY)
        ],
        compared=sections.compared_months(page),
        charts=_charts(page, blocked, findings, districts),
    )


def index_html(releases: Sequence[PublishedMonth], years: Sequence[PublishedMonth] = ()) -> bytes:
    """The index: every month with its newest version, earlier versions beside it; newest first.

    years: releases of the yearly follow-up, in the same way.
    """
    return rendered("index.html.j2", months=_versions(releases), years=_versions(years))


def _versions(releases: Sequence[PublishedMonth]) -> dict[date, list[PublishedMonth]]:
    newest_first = sorted(
        releases, key=lambda each: (each.month, each.as_of, each.version), reverse=True
    )
    return {
        each.month: [other for other in newest_first if other.month == each.month]
        for each in newest_first
    }


def _charts(page: PageInput, blocked: Any, findings: Any, districts: Any) -> dict[str, str]:
    headline = page.headline_care_type
    mean = f"Genomsnittliga utskrivningsklara dagar per månad, {CARE_TYPE[headline]}"
    return {
        "mean": sections.county_chart(page, "mean_ready_days", headline, mean, with_level=True),
        "days": sections.county_chart(
            page, "ready_days_all", "all", "Utskrivningsklara dagar per månad"
        ),
        "blocked": sections.bars(
            blocked, "Utskrivningar där villkor inte var uppfyllda, efter vem"
        ),
        "findings": sections.bars(findings, "Utskrivningar efter villkor som inte var uppfyllt"),
        "readmissions": sections.county_chart(
            page,
            "share_readmitted_7_days_65",
            "all",
            "Andel oplanerat återinskrivna inom sju dagar per månad, procent",
        ),
        "districts": sections.bars(
            districts, "Genomsnittliga utskrivningsklara dagar per stadsdelsområde"
        ),
    }


def rendered(template: str, **values: Any) -> bytes:
    """A page of a template beside this module, with the page's style and script."""
    environment = _environment()
    style, script = environment.globals["style"], environment.globals["script"]
    values |= {"style_hash": _hash(str(style)), "script_hash": _hash(str(script))}
    return environment.get_template(template).render(**values).encode("utf-8")


@cache
def _environment() -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    loader = PackageLoader("lus_assets.statistics", _TEMPLATES)
    environment: Any = Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # our own files, beside the templates: the only text that is not escaped, with the charts
    for name, file in (("style", "page.css"), ("script", "page.js")):
        environment.globals[name] = Markup(loader.get_source(environment, file)[0])  # noqa: S704
    environment.globals.update(
        MEASURE={name: each.title for name, each in MEASURES.items()} | BLOCKED_BY,
        BILLABLE=BILLABLE,
        RESPONSIBLE=RESPONSIBLE,
        count=count,
        number=number,
    )
    environment.filters.update(
        day=day_name,
        month=month_name,
        capitalised=capitalised,
        legal=legal_reference,
        svg=Markup,
        half_up=half_up,
        shown=_shown,
    )
    return environment


def _shown(cell: tuple[Figure, str]) -> str | None:
    return figure_text(*cell)


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
