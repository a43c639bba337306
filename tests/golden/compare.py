"""Compare a run's marts with what the cases expect, and say the differences in words."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from .cases import Case, CaseGroup
from .short_form import NONE

Query = Callable[[str], Sequence[Sequence[Any]]]
EPISODE_REFERENCES = {"next_episode_id"}
ABSENT = "absent"


def check(group: CaseGroup, query: Query) -> list[str]:
    """Every difference between the marts and the group's expectations; empty when all agree."""
    differences: list[str] = []
    for case in group.cases:
        for difference in _check_case(case, query):
            differences.append(f"{case.id} ({case.title}): {difference}")
    return differences


def _check_case(case: Case, query: Query) -> Iterator[str]:
    unknown = set(case.expect) - {"episode", "episodes", "months", "readmissions", "statistics",
                                  "ingest"}  # fmt: skip
    if unknown:
        raise ValueError(f"{case.id}: unknown expectations {sorted(unknown)}")
    episodes = dict(case.expect.get("episodes", {}))
    if "episode" in case.expect:
        episodes["first"] = case.expect["episode"]
    for name, expected in episodes.items():
        yield from _check_episode(_full_id(case, name), expected, query)
    for name, expected in case.expect.get("readmissions", {}).items():
        where = {"index_episode_id": _full_id(case, name)}
        yield from _check_row("fct_readmission", where, _resolved(case, expected), query)
    for month in case.expect.get("months", []):
        where = {
            "billing_month": f"{month['month']}-01",
            "municipality_code": month["municipality"],
            "ruleset_id": month["ruleset"],
        }
        expected = {k: v for k, v in month.items() if k not in ("month", "municipality", "ruleset")}
        yield from _check_row("fct_municipality_month", where, expected, query)
    for figure in case.expect.get("statistics", []):
        where = {
            "month": f"{figure['month']}-01",
            "geography_level": figure["level"],
            "care_type": figure["care_type"],
            "measure": figure["measure"],
        }
        yield from _check_row("rpt_monthly_statistics", where, {"value": figure["value"]}, query)
    for file in case.expect.get("ingest", []):
        path = f"{file['feed']}/{file['day']}/{case.id}.csv"
        counts = {f"rows_{k}": v for k, v in file.items() if k not in ("feed", "day")}
        yield from _check_row("ingest_file", {"path": path}, counts, query)


def _full_id(case: Case, name: str) -> str:
    """`first` is the patient's first stay; otherwise the case's id and the short name."""
    return case.id if name == "first" else f"{case.id}-{name}"


def _resolved(case: Case, expected: Any) -> Any:
    if expected == ABSENT:
        return expected
    return {
        column: _full_id(case, value) if column in EPISODE_REFERENCES and value != NONE else value
        for column, value in expected.items()
    }


def _check_episode(episode_id: str, expected: Any, query: Query) -> Iterator[str]:
    where = {"episode_id": episode_id}
    if expected == ABSENT:
        yield from _check_row("fct_discharge_episode", where, ABSENT, query)
        return
    findings = set(expected.get("findings", []))
    columns = {column: value for column, value in expected.items() if column != "findings"}
    if "findings" not in expected:
        columns.setdefault("is_billable", "true")
    yield from _check_row("fct_discharge_episode", where, columns, query)
    sql = f"select finding_code from marts.fct_episode_finding where episode_id = '{episode_id}'"
    found = {str(row[0]) for row in query(sql)}
    for code in sorted(findings - found):
        yield f"episode {episode_id} lacks the finding {code}"
    for code in sorted(found - findings):
        yield f"episode {episode_id} has the unexpected finding {code}"


def _check_row(table: str, where: dict[str, str], expected: Any, query: Query) -> Iterator[str]:
    key = ", ".join(where.values())
    conditions = " and ".join(f"cast({k} as varchar) = '{v}'" for k, v in where.items())
    columns = ["1"] if expected == ABSENT else list(expected) or ["1"]
    rows = query(f"select {', '.join(columns)} from marts.{table} where {conditions}")
    if expected == ABSENT:
        if rows:
            yield f"{table} has a row for {key}, none was expected"
        return
    if len(rows) != 1:
        yield f"{table} has {len(rows)} rows for {key}, one was expected"
        return
    for column, actual in zip(columns, rows[0], strict=True):
        if column != "1" and not same(expected[column], actual):
            yield f"{table} {key}: {column} is {shown(actual)}, expected {expected[column]}"


def same(expected: str, actual: Any) -> bool:
    """Whether a value from the marts is the one that the case writes as text."""
    if actual is None or expected == NONE:
        return actual is None and expected == NONE
    if isinstance(actual, bool):
        return expected == str(actual).lower()
    if isinstance(actual, int | float | Decimal):
        return _number(expected) == Decimal(str(actual))
    if isinstance(actual, datetime):
        return datetime.fromisoformat(expected) == actual
    return expected == str(actual)


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def shown(actual: Any) -> str:
    """A value as the cases write it."""
    return NONE if actual is None else str(actual)
