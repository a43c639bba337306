"""Compare a run's marts with the oracle's, and say the differences in words."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from .compute import Marts
from .rules import half_up
from .statistics import Figure, FigureKey

Query = Callable[[str], Sequence[Sequence[Any]]]
KEYS = {
    "fct_discharge_episode": ("episode_id",),
    "fct_episode_finding": ("episode_id", "finding_code"),
    "fct_municipality_month": ("billing_month", "municipality_code", "ruleset_id"),
    "fct_readmission": ("index_episode_id",),
    "ingest_file": ("path",),
    "rpt_monthly_statistics": (
        "month", "geography_level", "geography_code", "care_type", "measure", "value",
        "value_status",
    ),
    "fct_statistic": (
        "month", "geography_level", "geography_code", "care_type", "measure", "value",
        "value_status",
    ),
}  # fmt: skip


def differences(marts: Marts, query: Query) -> list[str]:
    """Every difference between the marts in the database and the oracle's; empty when none."""
    return [
        *_table("fct_discharge_episode", marts.episodes, query),
        *_table("fct_episode_finding", marts.findings, query),
        *_table("fct_municipality_month", marts.months, query),
        *_table("fct_readmission", marts.readmissions, query),
        *_table("ingest_file", marts.ingest, query),
        *_statistics("rpt_monthly_statistics", marts.statistics, query),
        *_statistics("fct_statistic", marts.statistics, query),
    ]


def _table(table: str, expected: dict[Any, dict[str, Any]], query: Query) -> Iterator[str]:
    keys = KEYS[table]
    columns = list(next(iter(expected.values()), dict.fromkeys(keys)))
    rows = query(f"select {', '.join(columns)} from marts.{table}")
    actual: dict[Any, dict[str, Any]] = {}
    for values in rows:
        row = dict(zip(columns, values, strict=True))
        key = tuple(row[name] for name in keys)
        if key in actual:
            yield f"{table} has {key} twice"
        actual[key] = row
    wanted = {tuple(row[name] for name in keys): row for row in expected.values()}
    for key in sorted(wanted.keys() - actual.keys(), key=str):
        yield f"{table} lacks {_text(key)}"
    for key in sorted(actual.keys() - wanted.keys(), key=str):
        yield f"{table} has the unexpected row {_text(key)}"
    for key in sorted(wanted.keys() & actual.keys(), key=str):
        for column in columns:
            if not _same(wanted[key][column], actual[key][column]):
                yield (
                    f"{table} {_text(key)}: {column} is {actual[key][column]}, "
                    f"expected {wanted[key][column]}"
                )


def _statistics(table: str, expected: dict[FigureKey, Figure], query: Query) -> Iterator[str]:
    """Suppressed values are not compared; a figure without patients may be left out."""
    measures = {key[4] for key in expected}
    seen: set[FigureKey] = set()
    for month, level, code, care, measure, value, status in query(
        "select month, geography_level, geography_code, care_type, measure, value, value_status "
        f"from marts.{table} where geography_level != 'age_group'"
    ):
        key: FigureKey = (_date(month), level, code, care, measure)
        if key in seen:
            yield f"{table} has {_text(key)} twice"
        seen.add(key)
        if status == "suppressed" or key not in expected:
            odd = value not in (None, 0) and measure in measures and not _is_uncomputed(key)
            if odd and status != "suppressed":
                yield f"{table} {_text(key)} is {value}, expected nothing"
            continue
        figure = expected[key]
        if not _close(figure.value, value):
            yield f"{table} {_text(key)} is {value}, expected {figure.value}"
        if figure.preliminary != (status == "preliminary"):
            yield f"{table} {_text(key)} has status {status}"
    for key, figure in sorted(expected.items(), key=str):
        if key not in seen and figure.value:
            yield f"{table} lacks {_text(key)}: {figure.value}"


def _is_uncomputed(key: FigureKey) -> bool:
    """The oracle counts municipalities above the level for all care types only."""
    return key[4] == "municipalities_above_level" and key[3] != "all"


def _close(expected: Decimal | None, actual: Any) -> bool:
    if expected is None or actual is None:
        return expected is actual
    return half_up(expected, 4) == half_up(Decimal(str(actual)), 4)


def _same(expected: Any, actual: Any) -> bool:
    if isinstance(expected, bool) or isinstance(actual, bool):
        return expected is actual
    if isinstance(expected, int | Decimal) and actual is not None:
        return Decimal(expected) == Decimal(str(actual))
    return expected == actual


def _date(value: Any) -> date:
    return date.fromisoformat(value) if isinstance(value, str) else value


def _text(key: tuple[Any, ...]) -> str:
    return ", ".join(str(part) for part in key)
