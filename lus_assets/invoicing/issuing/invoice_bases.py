"""Invoice bases (fakturaunderlag): 21 days after the review base, or a refusal that says why.

`published/invoice/<YYYY-MM>/<municipality code>/`, files 0600, folders 0700, one version for ever.
Issuing the same again changes nothing; other content is refused, since what is issued is corrected
in a later base.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import duckdb

from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.core.seller import Seller
from lus_assets.core.settings import load_settings
from lus_assets.invoicing.issuing.documents import invoice_document, party_facts, tables_of
from lus_assets.invoicing.issuing.issue import Unissued, folder_of, issue, month_folder
from lus_assets.invoicing.issuing.lines import HeldLine, InvoiceBase, held_table
from lus_assets.invoicing.issuing.month import (
    MunicipalityMonth,
    is_reviewed,
    json_rows,
    municipalities_not_reviewed,
    municipality_names,
    numbers_of_lines,
    read_month,
    reviewed_months,
    rulesets,
)
from lus_assets.invoicing.issuing.outcome import IssueReport, Outcome, Status
from lus_assets.invoicing.issuing.refusal import (
    Refusal,
    changed,
    not_reviewed,
    of_month,
    of_municipality,
)
from lus_assets.invoicing.shared.missing import missing
from lus_assets.invoicing.shared.recipients import InvoiceRecipient, load_recipients, recipient_on
from lus_assets.ledger.ledger import Draft, Entry, Ledger
from lus_assets.publishing.marts import code_version_of_marts, months_of, open_marts


@dataclass(frozen=True)
class _Run:
    home: Home
    connection: duckdb.DuckDBPyConnection
    ledger: Ledger
    month: date
    as_of: date
    of_month: tuple[Refusal, ...]
    names: dict[str, str]
    recipients: list[InvoiceRecipient]
    seller: Seller | None


def issue_invoice_bases(
    home: Home, month: date, as_of: date, failed_checks: Sequence[str] = ()
) -> IssueReport:
    """Issue the invoice bases of `month` (any day of it), with disputes as they stand at `as_of`.

    failed_checks: names of checks that failed and must stop invoicing. A municipality that must be
    refused stops no other; refusals are in the report, not raised.

    Raises:
        LusError: no marts of that as_of, no episodes of that month, or a folder that is no release.
    """
    first = month.replace(day=1)
    with open_marts(home, as_of) as connection, Ledger.opened(home) as ledger:
        run = _Run(
            home=home,
            connection=connection,
            ledger=ledger,
            month=first,
            as_of=as_of,
            of_month=of_month(connection, failed_checks),
            names=municipality_names(connection),
            recipients=load_recipients(home),
            seller=load_settings(home).seller,
        )
        months = read_month(connection, first)
        outcomes = _issue(run, months) if months else _without_review(run)
    return IssueReport(first, as_of, month_folder(home, "invoice", f"{first:%Y-%m}"), outcomes)


def _issue(run: _Run, months: Sequence[MunicipalityMonth]) -> tuple[Outcome, ...]:
    """All that may be issued, together; each outcome in the order of the municipalities."""
    numbers = run.ledger.numbers()
    outcomes: dict[str, Outcome] = {}
    bases: list[Unissued] = []
    for each in months:
        there = run.ledger.newest("invoice", run.month, each.code)
        _hold_overtaken(run, each, there)
        base = InvoiceBase(each.code, run.month, tuple(each.lines))
        standing = _standing(run, each, base, there)
        if standing is None:
            bases.append(_unissued(run, each, base, next(numbers)))
        else:
            outcomes[each.code] = standing
    for entry in issue(run.home, run.ledger, bases, {}):
        outcomes[entry.municipality_code] = _done(run, entry, "issued")
    return tuple(outcomes[each.code] for each in months)


def _hold_overtaken(run: _Run, municipality: MunicipalityMonth, there: Entry | None) -> None:
    """Hold what a base of a later as_of has charged or corrected: these marts do not know it."""
    later = [
        each
        for each in run.ledger.entries("invoice")
        if each.municipality_code == municipality.code
        and each.as_of > run.as_of
        and (there is None or each.sequence < there.sequence)
    ]
    made = {
        (line["original_month"], line["ruleset_id"], line["episode_id"])
        for entry in later
        for line in tables_of(run.ledger, entry)["lines"].to_pylist()
    }
    for line in list(municipality.lines):
        if (line.original_month, line.ruleset_id, line.episode_id) in made:
            municipality.lines.remove(line)
            municipality.held.append(HeldLine(line, "later_issue", None, None))


def _standing(
    run: _Run, municipality: MunicipalityMonth, base: InvoiceBase, there: Entry | None
) -> Outcome | None:
    """What became of a base that is issued already or refused; None: it is to be issued."""
    code = municipality.code
    if there is not None and there.content_hash == base.content_hash:
        return _done(run, there, "unchanged")
    refusals = of_municipality(municipality, run.month, run.as_of)
    refusals += run.of_month if there is None else (changed(there, run.as_of),)
    return Outcome(code, "refused", refusals) if refusals else None


def _done(run: _Run, entry: Entry, status: Status) -> Outcome:
    document = invoice_document(entry.facts, tables_of(run.ledger, entry))
    return Outcome(
        municipality_code=entry.municipality_code,
        status=status,
        folder=folder_of(run.home, entry),
        total_sek=Decimal(entry.facts["total_sek"]),
        lines=entry.facts["lines"],
        held_lines=entry.facts["held_lines"],
        notes=tuple(missing(document)) if document.line_rows else (),
    )


def _unissued(
    run: _Run, municipality: MunicipalityMonth, base: InvoiceBase, number: str
) -> Unissued:
    code = base.municipality_code
    months = reviewed_months(run.connection, run.month, code)
    lines = (*base.lines, *(each.line for each in municipality.held))
    used = sorted({line.ruleset_id for line in lines} | set(municipality.rulesets))
    tables = {
        "lines": base.table(run.as_of),
        "held": held_table(municipality.held),
        "months": months,
        "rulesets": rulesets(run.connection, used),
    }
    facts: dict[str, Any] = _facts(run, municipality, base, number)
    facts |= {"rulesets": json_rows(tables["rulesets"])}
    draft = Draft(
        kind="invoice",
        month=run.month,
        municipality_code=code,
        version=1,
        as_of=run.as_of,
        number=number,
        content_hash=base.content_hash,
        code_version=facts["code_version"],
        facts=facts,
        files=(),
        parts={},
    )
    return Unissued(draft, tables)


def _facts(
    run: _Run, municipality: MunicipalityMonth, base: InvoiceBase, number: str
) -> dict[str, Any]:
    code = base.municipality_code
    return {
        "kind": "invoice_base",
        "number": number,
        "invoice_base_id": base.invoice_base_id,
        "municipality_code": code,
        "municipality_name": run.names.get(code, code),
        "month": f"{run.month:%Y-%m}",
        "as_of": run.as_of.isoformat(),
        "reviewed_as_of": municipality.reviewed_as_of.isoformat(),
        "issued_at": datetime.combine(run.as_of, time()).isoformat(),
        "lines": len(base.lines),
        "held_lines": len(municipality.held),
        "total_sek": f"{base.total_sek:f}",
        "suspended_rulesets": municipality.suspended,
        "code_version": code_version_of_marts(run.connection),
        "reason": None,
        **party_facts(recipient_on(run.recipients, code, run.as_of), run.seller),
        "preceding": _preceding(run, base),
    }


def _without_review(run: _Run) -> tuple[Outcome, ...]:
    codes = municipalities_not_reviewed(run.connection, run.month)
    if not codes and is_reviewed(run.connection, run.month):
        return ()  # nobody has anything to pay
    if not codes:
        months = months_of(run.connection, "fct_municipality_month", "billing_month")
        known = f"{months[0]:%Y-%m} to {months[-1]:%Y-%m}" if months else "none at all"
        raise LusError(
            f"no municipality has an episode discharged in {run.month:%Y-%m}",
            where=f"{run.home.warehouse}, marts.fct_municipality_month",
            todo=f"ask for one of the months that there are: {known}",
        )
    issued = [each.as_of for each in run.ledger.entries("review") if each.month == run.month]
    later = min((each for each in issued if each > run.as_of), default=None)
    refusal = not_reviewed(run.month, run.as_of, later)
    return tuple(Outcome(code, "refused", (refusal, *run.of_month)) for code in codes)


def _preceding(run: _Run, base: InvoiceBase) -> dict[str, str]:
    """Corrected line -> number of the invoice base that it was issued in."""
    numbers = numbers_of_lines(run.connection, base.municipality_code)
    corrected = (line.corrects_line_id for line in base.lines)
    return {line_id: numbers[line_id] for line_id in corrected if line_id}
