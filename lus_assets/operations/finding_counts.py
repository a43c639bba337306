"""Reads the check model: how many episodes of a month have each finding, and where."""

import csv
from dataclasses import dataclass
from datetime import date

import duckdb

from lus_assets.core.settings import Settings
from lus_assets.warehouse.project import DBT_PROJECT


@dataclass(frozen=True)
class FindingCount:
    """One finding in one month. The lists: (unit or municipality, with the finding, discharged)."""

    finding_code: str
    month: date
    episodes_with_finding: int
    episodes_discharged: int
    threshold: float
    per_hospital_unit: list[tuple[str, int, int]]
    per_municipality: list[tuple[str, int, int]]

    @property
    def share(self) -> float:
        """Share of the month's discharged episodes, 0 to 1; 0 in a month without any."""
        if self.episodes_discharged == 0:
            return 0.0
        return self.episodes_with_finding / self.episodes_discharged

    @property
    def is_within_threshold(self) -> bool:
        """Is the share at or below what the settings allow?"""
        return self.share <= self.threshold


def finding_codes() -> dict[str, str]:
    """Every finding code of the seed, in its order, with its Swedish text."""
    with (DBT_PROJECT / "seeds" / "finding.csv").open(encoding="utf-8", newline="") as file:
        return {row["finding_code"]: row["text_sv"] for row in csv.DictReader(file)}


def count_findings(
    connection: duckdb.DuckDBPyConnection, month: date, settings: Settings
) -> list[FindingCount]:
    """One count per finding code, in the seed's order; zeros included."""
    by_unit = _counts(connection, month, "hospital_unit")
    by_municipality = _counts(connection, month, "municipality_code")
    return [
        FindingCount(
            finding_code=code,
            month=month,
            episodes_with_finding=sum(found for _, found, _ in by_unit.get(code, [])),
            episodes_discharged=sum(total for _, _, total in by_unit.get(code, [])),
            threshold=settings.finding_share_warn.get(code, settings.finding_share_warn_default),
            per_hospital_unit=by_unit.get(code, []),
            per_municipality=by_municipality.get(code, []),
        )
        for code in finding_codes()
    ]


def _counts(
    connection: duckdb.DuckDBPyConnection, month: date, place: str
) -> dict[str, list[tuple[str, int, int]]]:
    rows = connection.execute(
        f"""
        select
            finding_code,
            {place},
            cast(sum(episodes_with_finding) as bigint),
            cast(sum(episodes_discharged) as bigint)
        from marts.fct_finding_month
        where billing_month = ?
        group by finding_code, {place}
        order by finding_code, {place}
        """,
        [month],
    ).fetchall()
    counts: dict[str, list[tuple[str, int, int]]] = {}
    for code, name, found, total in rows:
        counts.setdefault(code, []).append((name, found, total))
    return counts
