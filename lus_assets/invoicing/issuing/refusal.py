"""Why an invoice base may not be issued: a closed set of reasons, each with what to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import duckdb

from lus_assets.invoicing.issuing.month import MunicipalityMonth
from lus_assets.ledger.ledger import Entry
from lus_assets.publishing.marts import gaps_in_words, read_gaps


@dataclass(frozen=True)
class Refusal:
    """One reason.

    reason_code: NOT_REVIEWED, TOO_EARLY, FAILED_CHECK, GAP, SUSPENDED, RATE_UNKNOWN or CHANGED.
    """

    reason_code: str
    what: str
    where: str
    todo: str

    @property
    def sentence(self) -> str:
        """What is wrong, where, and what to do, in one English sentence."""
        return f"{self.what} ({self.where}): {self.todo}"


def of_month(
    connection: duckdb.DuckDBPyConnection, failed_checks: Sequence[str]
) -> tuple[Refusal, ...]:
    """Reasons that stop every municipality of the month."""
    refusals: list[Refusal] = []
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
        refusals.append(
            Refusal(
                "GAP",
                f"days without a delivered file ({gaps_in_words(gaps)})",
                "marts.ingest_anomaly, reason_code GAP",
                "have the files delivered, or acknowledge the gap with a reason",
            )
        )
    return tuple(refusals)


def of_municipality(
    municipality: MunicipalityMonth, month: date, as_of: date
) -> tuple[Refusal, ...]:
    """Reasons that stop this municipality only; the most lasting first."""
    where = f"municipality {municipality.code}, {month:%Y-%m}"
    refusals: list[Refusal] = []
    if municipality.suspended and not municipality.active and not municipality.has_corrections:
        refusals.append(
            Refusal(
                "SUSPENDED",
                f"invoicing is suspended for {', '.join(municipality.suspended)}",
                f"{where}, table ruleset_invoicing",
                "when the region has decided to invoice, add its own row `active` with the first"
                " discharge month to region/ruleset_invoicing.csv",
            )
        )
    if municipality.days_without_rate:
        listed = ", ".join(
            f"{day} in table {table}" for day, table in sorted(municipality.days_without_rate)
        )
        refusals.append(
            Refusal(
                "RATE_UNKNOWN",
                f"no daily rate for a charged day: {listed}",
                where,
                "add the rate with its source to region/daily_rate.csv",
            )
        )
    if as_of < municipality.objections_until:
        refusals.append(
            Refusal(
                "TOO_EARLY",
                f"objections to the review base of {municipality.reviewed_as_of} may still come in"
                f" at {as_of}",
                where,
                f"issue at as_of {municipality.objections_until} or later",
            )
        )
    return tuple(refusals)


def not_reviewed(month: date, as_of: date, later: date | None) -> Refusal:
    """No review base was issued: the municipalities could not object. later: the day of one that is
    not known at `as_of` yet."""
    if later:
        return Refusal(
            "NOT_REVIEWED",
            f"the review bases of {month:%Y-%m} are as known at {later}, after {as_of}",
            "--as-of",
            "ask for the invoice bases at a later day: when the objections are in",
        )
    return Refusal(
        "NOT_REVIEWED",
        f"no review base of {month:%Y-%m} is issued",
        "ledger",
        "issue the review bases first (`lus run --through review`), and wait for the objections",
    )


def changed(there: Entry, as_of: date) -> Refusal:
    """An issued base stands with other content."""
    return Refusal(
        "CHANGED",
        f"{there.name} was issued as known at {there.as_of}, with other content than is due at"
        f" {as_of}",
        f"ledger, entry {there.sequence}",
        "keep it; what differs is corrected in a later month's base",
    )
