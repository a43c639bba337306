"""Issues a month's invoice bases: one frozen folder per municipality, or a refusal that says why.

`published/invoice/<YYYY-MM>/<municipality code>/`, files 0600, folders 0700. Issuing the same again
changes nothing; other content is refused, since what is issued is corrected in a later base.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import duckdb

from lus_assets.core.errors import InvoiceRefusedError, LusError
from lus_assets.core.home import Home
from lus_assets.invoicing.lines import ChargeLine, InvoiceBase
from lus_assets.invoicing.month import (
    MunicipalityMonth,
    earliest_issue,
    read_month,
    read_rulesets,
    read_summary,
)
from lus_assets.invoicing.refusal import Refusal, changed, of_month, of_municipality
from lus_assets.publishing.formats import csv_bytes, parquet_bytes
from lus_assets.publishing.marts import code_version_of_marts, months_of, open_marts
from lus_assets.publishing.release import DataFile, Release, find_release, write_once


@dataclass(frozen=True)
class Outcome:
    """What became of one municipality's base.

    issued: written by this call. unchanged: there before with equal content. refused: nothing was
    written, `refusals` says why (all reasons, the most lasting first). folder and total_sek (SEK)
    are of the base that is there, None when refused.
    """

    municipality_code: str
    status: Literal["issued", "unchanged", "refused"]
    refusals: tuple[Refusal, ...] = ()
    folder: Path | None = None
    total_sek: Decimal | None = None
    lines: int = 0
    held_lines: int = 0

    @property
    def reason_code(self) -> str | None:
        """Code of the first refusal, None when not refused."""
        return self.refusals[0].reason_code if self.refusals else None

    @property
    def reason(self) -> str | None:
        """Every refusal's sentence, None when not refused."""
        return "; ".join(each.sentence for each in self.refusals) or None


@dataclass(frozen=True)
class IssueReport:
    """Outcomes of a month, by municipality code. month: its first day; folder: of all its bases."""

    month: date
    as_of: date
    folder: Path
    outcomes: tuple[Outcome, ...]

    def count(self, status: Literal["issued", "unchanged", "refused"]) -> int:
        """How many municipalities have this outcome."""
        return sum(each.status == status for each in self.outcomes)

    @property
    def total_sek(self) -> Decimal:
        """Sum of the bases that are there after the call, SEK."""
        return sum((each.total_sek or Decimal(0) for each in self.outcomes), Decimal("0.00"))


@dataclass(frozen=True)
class _Run:
    home: Home
    connection: duckdb.DuckDBPyConnection
    month: date
    as_of: date
    of_month: tuple[Refusal, ...]


def issue_invoice_bases(
    home: Home, month: date, as_of: date, failed_checks: Sequence[str] = ()
) -> IssueReport:
    """Issue the invoice bases of `month` (any day of it) from the marts, as known at `as_of`.

    failed_checks: names of checks that failed and must stop invoicing. A municipality that must be
    refused stops no other; refusals are in the report, not raised.

    Raises:
        InvoiceRefusedError: it is too early, and no municipality has episodes of the month yet.
        LusError: no marts of that as_of, no episodes of that month, or a folder that is no release.
    """
    first = month.replace(day=1)
    with open_marts(home, as_of) as connection:
        refusals = of_month(connection, first, as_of, failed_checks)
        municipalities = read_month(connection, first)
        if not municipalities:
            _nothing_there(home, connection, first, as_of, refusals)
        run = _Run(home, connection, first, as_of, refusals)
        outcomes = tuple(_issue(run, each) for each in municipalities)
    return IssueReport(first, as_of, _folder(home, first), outcomes)


def _issue(run: _Run, municipality: MunicipalityMonth) -> Outcome:
    code = municipality.code
    folder = _folder(run.home, run.month) / code
    there = find_release(folder)
    own = of_municipality(municipality, run.month)
    if own:
        return Outcome(code, "refused", own + run.of_month)
    base = InvoiceBase(code, run.month, municipality.lines)
    if there is not None and there.content_hash == base.content_hash:
        return _done(there, base, "unchanged")
    refusals = run.of_month + (changed(there, run.as_of) if there is not None else ())
    if refusals:
        return Outcome(code, "refused", refusals)
    made = write_once(
        run.home.published,
        folder,
        _files(run, base),
        _facts(run, municipality, base),
        content_hash=base.content_hash,
    )
    return _done(made, base, "issued" if made.is_new else "unchanged")


def _folder(home: Home, month: date) -> Path:
    return home.published / "invoice" / f"{month:%Y-%m}"


def _done(release: Release, base: InvoiceBase, status: Literal["issued", "unchanged"]) -> Outcome:
    return Outcome(
        municipality_code=base.municipality_code,
        status=status,
        folder=release.folder,
        total_sek=base.total_sek,
        lines=len(base.lines),
        held_lines=len(release.manifest["held"]),
    )


def _files(run: _Run, base: InvoiceBase) -> list[DataFile]:
    lines = base.table(run.as_of)
    summary = read_summary(run.connection, run.month, base.municipality_code)
    return [
        DataFile("lines.csv", csv_bytes(lines), lines.num_rows),
        DataFile("lines.parquet", parquet_bytes(lines), lines.num_rows),
        DataFile("summary.csv", csv_bytes(summary), summary.num_rows),
    ]


def _facts(run: _Run, municipality: MunicipalityMonth, base: InvoiceBase) -> dict[str, Any]:
    return {
        "kind": "invoice_base",
        "invoice_base_id": base.invoice_base_id,
        "municipality_code": base.municipality_code,
        "month": f"{run.month:%Y-%m}",
        "as_of": run.as_of.isoformat(),
        "issued_at": datetime.combine(run.as_of, time()).isoformat(),
        "lines": len(base.lines),
        "total_sek": f"{base.total_sek:f}",
        "held": [
            {
                **_line_facts(held.line),
                "first_dispute_id": held.first_dispute_id,
                "open_disputes": held.open_disputes,
            }
            for held in municipality.held
        ],
        "rulesets": read_rulesets(run.connection, municipality.active),
        "suspended_rulesets": municipality.suspended,
        "code_version": code_version_of_marts(run.connection),
        "reason": None,
    }


def _line_facts(line: ChargeLine) -> dict[str, Any]:
    return {
        "ruleset_id": line.ruleset_id,
        "episode_id": line.episode_id,
        "quantity_days": f"{line.quantity_days:f}",
        "unit_price_sek": f"{line.unit_price_sek:f}",
        "amount_sek": f"{line.amount_sek:f}",
    }


def _nothing_there(
    home: Home,
    connection: duckdb.DuckDBPyConnection,
    month: date,
    as_of: date,
    refusals: tuple[Refusal, ...],
) -> None:
    if as_of < earliest_issue(connection, month):
        first = refusals[0]
        raise InvoiceRefusedError(first.what, where=first.where, todo=first.todo)
    months = months_of(connection, "fct_municipality_month", "billing_month")
    known = f"{months[0]:%Y-%m} to {months[-1]:%Y-%m}" if months else "none at all"
    raise LusError(
        f"no municipality has an episode discharged in {month:%Y-%m}",
        where=f"{home.warehouse}, marts.fct_municipality_month",
        todo=f"ask for one of the months that there are: {known}",
    )
