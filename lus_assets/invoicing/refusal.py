"""Why an invoice base may not be issued: a closed set of reasons, each with what to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import duckdb

from lus_assets.invoicing.month import MunicipalityMonth, earliest_issue, read_gaps
from lus_assets.publishing.release import Release


@dataclass(frozen=True)
class Refusal:
    """One reason. reason_code: TOO_EARLY, FAILED_CHECK, GAP, SUSPENDED, RATE_UNKNOWN or CHANGED."""

    reason_code: str
    what: str
    where: str
    todo: str

    @property
    def sentence(self) -> str:
        """What is wrong, where, and what to do, in one English sentence."""
        return f"{self.what} ({self.where}): {self.todo}"


def of_month(
    connection: duckdb.DuckDBPyConnection,
    month: date,
    as_of: date,
    failed_checks: Sequence[str],
) -> tuple[Refusal, ...]:
    """Reasons that stop every municipality of the month; TOO_EARLY first."""
    refusals: list[Refusal] = []
    earliest = earliest_issue(connection, month)
    if as_of < earliest:
        refusals.append(
            Refusal(
                "TOO_EARLY",
                f"objections to {month:%Y-%m} may still come in at {as_of}",
                "review day and objection days in region/settings.toml",
                f"issue at as_of {earliest} or later",
            )
        )
    if failed_checks:
        refusals.append(
            Refusal(
                "FAILED_CHECK",
                f"checks failed: {', '.join(sorted(failed_checks))}",
                "the run's checks",
                "mend what they found and run again",
            )
        )
    if gaps := read_gaps(connection):
        listed = ", ".join(
            f"{feed}: {days} {'day' if days == 1 else 'days'}, the first {first}"
            for feed, days, first in gaps
        )
        refusals.append(
            Refusal(
                "GAP",
                f"days without a delivered file ({listed})",
                "marts.ingest_anomaly, reason_code GAP",
                "have the files delivered, or acknowledge the gap with a reason",
            )
        )
    return tuple(refusals)


def of_municipality(municipality: MunicipalityMonth, month: date) -> tuple[Refusal, ...]:
    """Reasons that stop this municipality only."""
    where = f"municipality {municipality.code}, {month:%Y-%m}"
    if not municipality.active:
        return (
            Refusal(
                "SUSPENDED",
                f"invoicing is suspended for {', '.join(municipality.suspended)}",
                f"{where}, table ruleset_invoicing",
                "when the region has decided to invoice, add its own row `active` with the first"
                " discharge month to region/ruleset_invoicing.csv",
            ),
        )
    if municipality.days_without_rate:
        listed = ", ".join(
            f"{day} in table {table}" for day, table in municipality.days_without_rate
        )
        return (
            Refusal(
                "RATE_UNKNOWN",
                f"no daily rate for a charged day: {listed}",
                where,
                "add the rate with its source to region/daily_rate.csv",
            ),
        )
    return ()


def changed(there: Release, as_of: date) -> tuple[Refusal, ...]:
    """An issued base stands with other content."""
    return (
        Refusal(
            "CHANGED",
            f"the base issued as known at {there.manifest['as_of']} has other content than the"
            f" marts as known at {as_of}",
            str(there.folder),
            "keep it; what differs is corrected in a later month's base",
        ),
    )
