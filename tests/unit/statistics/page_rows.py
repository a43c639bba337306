"""Rows of published statistics, made up by arithmetic: any months, a county's municipalities."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pyarrow as pa

from lus_assets.statistics.definitions import FINDING, RESPONSIBLE
from lus_assets.statistics.page_model import (
    Figures,
    Finding,
    Level,
    PageInput,
    Ruleset,
    Waiting,
    WaitingToday,
)
from lus_assets.statistics.yearly.source import YearInput

AS_OF = date(2024, 4, 5)
MONTH = date(2024, 3, 1)
MUNICIPALITIES = {
    "0114": "Upplands Väsby",
    "0115": "Vallentuna",
    "0117": "Österåker",
    "0120": "Värmdö",
    "0123": "Järfälla",
    "0125": "Ekerö",
    "0126": "Huddinge",
    "0127": "Botkyrka",
    "0128": "Salem",
    "0136": "Haninge",
    "0138": "Tyresö",
    "0139": "Upplands-Bro",
    "0140": "Nykvarn",
    "0160": "Täby",
    "0162": "Danderyd",
    "0163": "Sollentuna",
    "0180": "Stockholm",
    "0181": "Södertälje",
    "0182": "Nacka",
    "0183": "Sundbyberg",
    "0184": "Solna",
    "0186": "Lidingö",
    "0187": "Vaxholm",
    "0188": "Norrtälje",
    "0191": "Sigtuna",
    "0192": "Nynäshamn",
    "other": "Kommuner utanför länet",
    "unknown": "Okänd kommun",
}
DISTRICTS = ("Bromma", "Farsta", "Järva", "Kungsholmen", "Hägersten-Älvsjö", "Södermalm", "unknown")
AGES = {"0-17": "0–17 år", "18-64": "18–64 år", "65+": "65 år och äldre", "unknown": "Okänd ålder"}
LIMIT = 5
_BLOCKING = {
    "ADMISSION_NOTICE_LATE": "inpatient",
    "READY_NOTICE_MISSING": "inpatient",
    "SIP_CALL_LATE": "outpatient",
    "SIP_CALL_MISSING": "outpatient",
    "REGION_SERVICES_UNAVAILABLE": "region",
    "PATIENT_DECLINED": "patient",
    "NO_MUNICIPAL_NEED": "none",
}


def months_up_to(last: date, how_many: int) -> list[date]:
    """First days of the months up to `last`, oldest first."""
    first = last.year * 12 + last.month - how_many
    return [date(each // 12, each % 12 + 1, 1) for each in range(first, first + how_many)]


def page_input(how_many: int = 24, names: dict[str, str] | None = None, **other: Any) -> PageInput:
    """A page of made-up figures; `names` replaces municipalities' names by code."""
    months = months_up_to(MONTH, how_many)
    called = MUNICIPALITIES | (names or {})
    given: dict[str, Any] = {
        "month": MONTH,
        "as_of": AS_OF,
        "figures": Figures(figure_table(months, called), age_table(months)),
        "levels": levels(months),
        "findings": findings(),
        "rulesets": [Ruleset("stockholm-2020-somatic", "Regional överenskommelse", True)],
        "waiting": WaitingToday(
            [Waiting("Stockholm", 61, 214), Waiting("Huddinge", 9, 31)],
            26,
            Waiting("Hela länet", 92, 305),
        ),
    }
    return PageInput(**(given | other))


def year_input(**other: Any) -> YearInput:
    """A year's follow-up of made-up figures, beside the year before and twenty-four months."""
    firsts = [date(MONTH.year - 1, 1, 1), date(MONTH.year, 1, 1)]
    figures = Figures(figure_table(firsts), age_table([]))
    years = page_input(figures=figures, month=firsts[-1], levels={}, waiting=None)
    return YearInput(years, page_input(24, **other))


def findings() -> list[Finding]:
    """Every finding that there are words for."""
    return [
        Finding(
            code,
            code in _BLOCKING,
            _BLOCKING.get(code, "inpatient"),
            "2017:612 4:3",
            f"{text}, i en mening.",
        )
        for code, text in FINDING.items()
    ]


def figure_table(months: Sequence[date], names: dict[str, str] = MUNICIPALITIES) -> pa.Table:
    """As rpt_monthly_statistics, small numbers protected as it is published."""
    rows: list[dict[str, Any]] = []
    for month in months:
        rows += _place(month, "county", "01", "Hela länet", 1080, limit=0)
        for index, (code, name) in enumerate(names.items()):
            size = 520 if code == "0180" else index * 3 % 60
            rows += _place(month, "municipality", code, name, size)
        for index, name in enumerate(DISTRICTS):
            rows += _place(month, "district", name, name, index * 17 % 80)
    return _table(rows)


def age_table(months: Sequence[date]) -> pa.Table:
    """As rpt_monthly_statistics_by_age_group."""
    rows: list[dict[str, Any]] = []
    for month in months:
        for index, (code, name) in enumerate(AGES.items()):
            for row in _place(month, "age_group", code, name, (index * 310) % 700, limit=0):
                row["age_group"], row["age_group_name"] = code, name
                rows.append(row)
    return _table(rows)


def _table(rows: list[dict[str, Any]]) -> pa.Table:
    if not rows:
        return pa.table({})
    fields = {"value": pa.decimal128(18, 4), "numerator": pa.int64(), "denominator": pa.int64()}
    fields |= {"month": pa.date32()}
    schema = pa.schema([(name, fields.get(name, pa.string())) for name in rows[0]])
    return pa.Table.from_pylist(rows, schema=schema)


def _place(
    month: date, level: str, code: str, name: str, size: int, limit: int = LIMIT
) -> Iterator[dict[str, Any]]:
    wave = (month.month * 7 + size) % 11
    for care_type, share in (("all", 1.0), ("somatic", 0.9), ("psychiatric", 0.1)):
        discharged = int(size * share)
        billable = discharged * 2 // 3
        days = billable * (12 + wave) // 8
        index = discharged * 3 // 5
        again = index * (wave + 3) // 90
        counts = {
            "episodes_discharged": discharged,
            "episodes_billable": billable,
            "ready_days_all": days + discharged // 3,
            "ready_days": days,
            "liable_days": days // 4,
            "median_ready_days": 1,
            "p90_ready_days": 5,
            "readmissions_index_65": index,
            "readmissions_7_days_65": again,
            "municipalities_above_level": wave if level == "county" else 0,
        }
        for place, party in enumerate(RESPONSIBLE):
            counts[f"episodes_blocked_by_{party}"] = (discharged - billable) // (place + 2)
        for place, finding in enumerate(FINDING):
            counts[f"episodes_with_{finding.lower()}"] = (discharged - billable) // (place + 2)
        ratios = {
            "mean_ready_days": (days, billable),
            "mean_ready_days_excluding_zero": (days, billable - billable // 4),
            "share_billable": (billable, discharged),
            "share_discharged_on_day_zero": (billable // 4, billable),
            "share_readmitted_7_days_65": (again, index),
        }
        at = {"month": month, "geography_level": level, "geography_code": code}
        at |= {"geography_name": name, "care_type": care_type}
        for measure, value in counts.items():
            yield at | _figure(measure, value, None, limit, month)
        for measure, (part, whole) in ratios.items():
            yield at | _figure(measure, part, whole, limit, month)


def _figure(measure: str, part: int, whole: int | None, limit: int, month: date) -> dict[str, Any]:
    smallest = min(part, part if whole is None else whole)
    status, value = "ok", Decimal(part)
    if whole == 0:
        return _row(measure, None, "not_applicable", part, whole)
    if 0 < smallest < limit:
        return _row(measure, None, "suppressed", None, None)
    if whole:
        value = (Decimal(part) / whole).quantize(Decimal("0.0001"), ROUND_HALF_UP)
    if "readmi" in measure and "index" not in measure and month == MONTH:
        status = "preliminary"
    return _row(measure, value, "zero" if value == 0 else status, part, whole)


def _row(
    measure: str, value: Decimal | None, status: str, part: int | None, whole: int | None
) -> dict[str, Any]:
    return {
        "measure": measure,
        "value": value,
        "value_status": status,
        "numerator": part,
        "denominator": whole,
    }


def levels(months: Sequence[date]) -> dict[tuple[date, str], Level]:
    return {
        (month, code): Level(Decimal("2.0000"), "somatic", index % 3 == 0)
        for month in months
        for index, code in enumerate(MUNICIPALITIES)
        if code.isdigit()
    }
