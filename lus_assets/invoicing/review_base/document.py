"""What a review base (granskningsunderlag) is made of: one municipality's month, as known then."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from lus_assets.invoicing.shared.swedish import month_name
from lus_assets.privacy.arrow import Table

Row = dict[str, Any]

_CARE_TYPES = ("somatic", "psychiatric", "any")


@dataclass(frozen=True)
class ReviewDocument:
    """One municipality's review base. Tables have the columns of the marts.

    month: first day of the discharge month. objections_until: last day for objections.
    reason: of a version after the first. months: rows of fct_municipality_month of this
    municipality, this month and the twelve before, with `amount_by_gate_sek`: what the month costs
    when the agreement is read as mean_gate (null where its model is not mean_excess). episodes:
    fct_discharge_episode with `person_id`, discharged in the month. findings:
    fct_episode_finding of these. rulesets: dim_ruleset of those that applied. corrections:
    original_month, line_type, ruleset_id, episode_id, quantity_days, unit_price_sek, amount_sek.
    changed: the episodes behind them, CHANGED_SCHEMA with `person_id` (empty: no longer theirs).
    """

    municipality_code: str
    municipality_name: str
    month: date
    version: int
    as_of: date
    objections_until: date
    code_version: str
    reason: str | None
    months: Table
    episodes: Table
    findings: Table
    rulesets: Table
    corrections: Table
    changed: Table

    @property
    def whose(self) -> str:
        """`Huddinge (0126)`."""
        return f"{self.municipality_name} ({self.municipality_code})"

    @property
    def title(self) -> str:
        """`Granskningsunderlag mars 2024, Huddinge (0126)`."""
        return f"Granskningsunderlag {month_name(self.month)}, {self.whose}"

    @cached_property
    def month_rows(self) -> list[Row]:
        """All months' rows: care type (somatic first), month, ruleset order them."""
        rows = _rows(self.months, "billing_month", "ruleset_id")
        return sorted(rows, key=lambda row: _CARE_TYPES.index(row["care_type"]))

    @cached_property
    def this_month(self) -> list[Row]:
        """The month's own rows, one per ruleset."""
        return [row for row in self.month_rows if row["billing_month"] == self.month]

    @cached_property
    def episode_rows(self) -> list[Row]:
        """The episodes, by discharge."""
        return _rows(self.episodes, "discharged_at", "episode_id")

    @cached_property
    def finding_rows(self) -> list[Row]:
        """The findings by episode, those that block billing first."""
        rows = _rows(self.findings, "episode_id", "finding_code")
        return sorted(rows, key=lambda row: (row["episode_id"], not row["is_blocking"]))

    @property
    def ruleset_rows(self) -> list[Row]:
        """The rulesets by id."""
        return _rows(self.rulesets, "ruleset_id")

    @cached_property
    def correction_rows(self) -> list[Row]:
        """The corrections by month and what they are about, credit before debit."""
        return _rows(self.corrections, "original_month", "ruleset_id", "episode_id", "line_type")

    @cached_property
    def changed_rows(self) -> list[Row]:
        """The episodes behind the corrections, by month."""
        return _rows(self.changed, "original_month", "episode_id")

    @property
    def corrections_sek(self) -> Decimal:
        """Sum of the corrections, SEK."""
        return sum((row["amount_sek"] for row in self.correction_rows), Decimal("0.00"))


def _rows(table: Table, *keys: str) -> list[Row]:
    """The table's rows ordered by the keys, nulls first."""
    rows: list[Row] = table.to_pylist()
    return sorted(rows, key=lambda row: [(row[key] is not None, row[key]) for key in keys])
