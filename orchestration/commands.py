"""What the commands do, apart from reading their options."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from lus_assets.core.errors import InvoiceRefusedError, LusError
from lus_assets.core.home import Home
from lus_assets.core.location import Landing
from lus_assets.core.lock import writer_lock
from lus_assets.core.settings import load_settings
from lus_assets.ingest.assets import LEFT_OUT
from lus_assets.ingest.catalog import Catalog
from lus_assets.ingest.contract import FEEDS
from lus_assets.ingest.ingest import clean_orphans
from lus_assets.ingest.landing import open_landing
from lus_assets.ingest.pending import pending_days
from lus_assets.ingest.received import with_received
from lus_assets.ingest.source import Source
from lus_assets.invoicing.issuing.issue import complete
from lus_assets.invoicing.issuing.review_bases import issue_review_bases
from lus_assets.ledger.ledger import Ledger
from lus_assets.privacy.keys import Pseudonymizer
from lus_assets.privacy.vault import check_key
from lus_assets.statistics.release import publish_statistics
from orchestration.jobs import (
    BUILD_MARTS,
    MONTHLY_INVOICE_BASE,
    MONTHLY_REVIEW_BASE,
    MONTHLY_STATISTICS,
    YEARLY_FOLLOW_UP,
)
from orchestration.partitions import FIRST_DAY_VARIABLE, TIME_ZONE, discharge_months, first_day
from orchestration.partitions import delivery_days as partition_days
from orchestration.runner import JobOutcome, Runner

Say = Callable[[str], None]
_NAMED = 10
"""Files and entries left out that a run names."""

JOB_THROUGH = {
    "marts": BUILD_MARTS,
    "statistics": MONTHLY_STATISTICS,
    "review": MONTHLY_STATISTICS,
    "invoice": MONTHLY_INVOICE_BASE,
}


def delivery_days(source: Source, landing: Landing) -> tuple[date, date]:
    """First and last delivery day of a landing area, opened as `source`.

    Raises:
        LusError: it holds no deliveries, or some from before the first day that is known.
    """
    days = {file.delivery_date for feed in FEEDS for file in source.list_deliveries(feed)}
    if not days:
        raise LusError(
            "there are no deliveries",
            where=str(landing),
            todo="lay files as <feed>/<YYYY-MM-DD>/<name>.csv; docs/data-contract.md says more",
        )
    if min(days) < date.fromisoformat(first_day()):
        raise LusError(
            f"there are deliveries from {min(days)}, before {first_day()}",
            where=str(landing),
            todo=f"set {FIRST_DAY_VARIABLE} to that day or earlier",
        )
    latest = date.fromisoformat(partition_days().get_last_partition_key() or first_day())
    if max(days) > latest:
        raise LusError(
            f"there are deliveries from {max(days)}, which is yet to come",
            where=str(landing),
            todo="correct the folder's date",
        )
    return min(days), max(days)


def run(
    home: Home, landing: Landing, month: date, as_of: date | None, through: str, say: Say
) -> None:
    """Ingest everything, build the marts as known at `as_of`, and publish as far as asked.

    Where review bases are asked for, or needed, and none is issued, they are issued first: as known
    at `as_of` where they are what is asked for and a day is given, on the planned day otherwise.

    Raises:
        LusError: a step failed, or what was asked for cannot be known. InvoiceRefusedError: an
            invoice base was refused.
    """
    pseudonymizer = Pseudonymizer.from_environment()
    if month.isoformat() not in discharge_months().get_partition_keys():
        raise LusError(
            f"{month:%Y-%m} is no month that the installation knows",
            where=f"months from {first_day()[:7]} to this one",
            todo="correct --month",
        )
    _refuse_to_come(as_of)
    home.prepare()
    # what lies far away is listed once, and not again for what is pending
    source = open_landing(home, landing)
    first, last = delivery_days(source, landing)
    with writer_lock(home):
        if home.vault.exists():
            check_key(home, pseudonymizer)
        clean_orphans(home)
        complete(home)
        runner = Runner(home, landing, as_of or last)
        say(f"ingest: {landing} has deliveries from {first} to {last}")
        pending = pending_days(home, with_received(source, home), pseudonymizer)
        failed = _ingest(runner, pending, say)
        _refuse_before_all(home, as_of or last)
        if through in ("review", "invoice"):
            # nothing was known before the first delivery: history is reviewed as known on that day
            planned = max(review_day(home, month), first)
            day = as_of if through == "review" and as_of else planned
            refusal = InvoiceRefusedError if through == "invoice" else LusError
            _review(home, landing, month, day, as_of or last, say, refusal)
        say(f"{through}: as known at {as_of or last}")
        job = JOB_THROUGH[through]
        outcome = runner.run(job, month=None if through == "marts" else month)
    _tell(outcome, (*failed, *outcome.failed_checks), say)


def _refuse_to_come(as_of: date | None) -> None:
    """The newest snapshot would stay that of a day that nobody knows yet."""
    today = datetime.now(ZoneInfo(TIME_ZONE)).date()
    if as_of and as_of > today:
        raise LusError(
            f"{as_of} is yet to come",
            where="--as-of",
            todo=f"ask for {today} or earlier: nothing can be known later than today",
        )


def _refuse_before_all(home: Home, as_of: date) -> None:
    with Catalog.opened(home) as catalog:
        first = min((each.counts_from for each in catalog.file_versions()), default=None)
    if first is None or first > as_of:
        raise LusError(
            f"nothing was delivered by {as_of}",
            where="--as-of",
            todo=f"ask for {first or 'a day with deliveries'} or later",
        )


def _ingest(runner: Runner, pending: Sequence[date], say: Say) -> tuple[str, ...]:
    """Read the days in one run, if there are any; names of the checks that did not pass."""
    if not pending:
        say("  nothing new")
        return ()
    ingested = runner.ingest(pending[0], pending[-1])
    left_out: dict[str, str] = {}
    for feed in FEEDS:
        figures = ingested.metadata[f"lake/{feed}"]
        say(f"  {feed}: {_delivered(figures)}")
        left_out |= figures[LEFT_OUT]
    for path, why in list(left_out.items())[:_NAMED]:
        say(f"    {path}: {why}")
    if len(left_out) > _NAMED:
        say(f"    and more: `lus ui`, assets lake, {LEFT_OUT}")
    return ingested.failed_checks


def review_day(home: Home, month: date) -> date:
    """The day that a month's review base is of, unless another is asked for."""
    next_month = (month + timedelta(days=31)).replace(day=1)
    return next_month.replace(day=load_settings(home).review_day)


def _review(
    home: Home,
    landing: Landing,
    month: date,
    day: date,
    as_of: date,
    say: Say,
    refusal: type[LusError],
) -> None:
    """Issue the month's review bases as known at `day`, unless they are issued.

    refusal: what is raised where that day is not known yet.
    """
    with Ledger.opened(home) as ledger:
        issued = [each for each in ledger.entries("review") if each.month == month]
    if issued:
        say(f"review: {len(issued)} review bases stand, as known at {issued[-1].as_of}")
        return
    if day > as_of:
        raise refusal(
            f"the review base of {month:%Y-%m} is of {day}, and nothing after {as_of} is known",
            where="--as-of",
            todo=f"ask for it at {day} or later",
        )
    say(f"review: as known at {day}")
    outcome = Runner(home, landing, day).run(MONTHLY_REVIEW_BASE, month=month)
    review = outcome.metadata["published/review_base"]
    say(f"  {review['issued']} review bases in {review['folder']}")


def review_again(
    home: Home, landing: Landing, month: date, as_of: date, reason: str, say: Say
) -> None:
    """Issue new versions of the month's review bases where they are others as known at `as_of`.

    Raises:
        LusError: a step failed, the month is not over, or `as_of` is yet to come.
    """
    _refuse_to_come(as_of)
    Pseudonymizer.from_environment()
    with writer_lock(home.prepare()):
        runner = Runner(home, landing, as_of)
        runner.run(BUILD_MARTS)
        report = issue_review_bases(home, month, as_of, reason)
        say(f"review: {report.count('issued')} new, {report.count('unchanged')} stand")
        runner.run(BUILD_MARTS)


def statistics_again(
    home: Home, landing: Landing, month: date, as_of: date, reason: str, say: Say
) -> None:
    """Publish a new version of a month's statistics if its figures are others as known at `as_of`.

    Raises:
        LusError: a step failed, there are no figures of that month, or `as_of` is yet to come.
    """
    _refuse_to_come(as_of)
    Pseudonymizer.from_environment()
    with writer_lock(home.prepare()):
        Runner(home, landing, as_of).run(BUILD_MARTS)
        release = publish_statistics(home, month, as_of, reason)
    kept = "" if release.is_new else " (unchanged)"
    say(f"statistics: version {release.version} in {release.folder}{kept}")


def follow_up(home: Home, landing: Landing, year: int, as_of: date | None, say: Say) -> None:
    """Publish a year's follow-up as known at `as_of`, by default at the last delivery.

    Raises:
        LusError: a step failed, there are no figures of that year, or `as_of` is yet to come.
    """
    _refuse_to_come(as_of)
    Pseudonymizer.from_environment()
    home.prepare()
    _, last = delivery_days(open_landing(home, landing), landing)
    with writer_lock(home):
        runner = Runner(home, landing, as_of or last)
        outcome = runner.run(YEARLY_FOLLOW_UP, month=date(year, 1, 1))
    release = outcome.metadata["published/yearly_follow_up"]
    kept = "" if release["is_new"] else " (unchanged)"
    say(f"follow-up of {year}: {release['rows']} rows in {release['path']}{kept}")


def _delivered(figures: Any) -> str:
    text = (
        f"{figures['dagster/row_count']} rows in {figures['files']} files,"
        f" {figures['files_read_before']} of them read before"
    )
    for name in (
        "rows_quarantined",
        "files_quarantined",
        "files_refused",
        "days_without_file",
    ):
        if figures[name]:
            text += f", {figures[name]} {name.replace('_', ' ')}"
    return text


def _tell(outcome: JobOutcome, failed: tuple[str, ...], say: Say) -> None:
    say(f"  built {outcome.metadata['marts/dim_snapshot']['built']}")
    say(f"checks that did not pass: {len(failed)}")
    for name in failed:
        say(f"  {name}")
    snapshot = outcome.metadata["published/bi_snapshot"]
    say(f"BI snapshot: {snapshot['tables']} tables, {snapshot['rows']} rows in {snapshot['path']}")
    if "as-of" in Path(snapshot["path"]).parts:
        say("  beside the newest one, which is of a later day and stays as it is")
    postgres = outcome.metadata.get("published/postgres_marts")
    if postgres:
        say(f"PostgreSQL: {postgres['rows']} rows in schema {postgres['schema']}")
    statistics = outcome.metadata.get("published/monthly_statistics")
    if statistics:
        kept = "" if statistics["is_new"] else " (unchanged)"
        say(f"statistics: {statistics['rows']} rows in {statistics['path']}{kept}")
    invoice = outcome.metadata.get("published/invoice_base")
    if invoice:
        _tell_invoices(invoice, say)


def _tell_invoices(invoice: Any, say: Say) -> None:
    say(
        f"invoice bases: {invoice['issued']} issued, {invoice['unchanged']} unchanged,"
        f" {invoice['refused']} refused; {invoice['held_lines']} lines held back;"
        f" {invoice['total_sek']} SEK in {invoice['folder']}"
    )
    if lacking := invoice["without_e_invoice"]:
        say(f"e-invoices not drafted: {len(lacking)}")
        for reason in sorted({reason for reasons in lacking.values() for reason in reasons}):
            say(f"  {reason}")
    if invoice["refused"]:
        lines = [f"{each['municipality_code']}: {each['reason']}" for each in invoice["refusals"]]
        raise InvoiceRefusedError(
            f"{invoice['refused']} invoice bases were refused",
            where=str(invoice["folder"]),
            todo="\n    ".join(["mend what each names and run again", *lines]),
        )
