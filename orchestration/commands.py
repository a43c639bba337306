"""What the commands do, apart from reading their options."""

from collections.abc import Sequence
from datetime import date, timedelta

from lus_assets.core.errors import InvoiceRefusedError, LusError
from lus_assets.core.home import Home
from lus_assets.core.local_time import refuse_to_come
from lus_assets.core.location import Landing
from lus_assets.core.lock import writer_lock
from lus_assets.core.settings import load_settings
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
from lus_assets.publishing.marts import open_marts, read_gaps
from lus_assets.statistics.release import publish_statistics
from orchestration.jobs import (
    BUILD_MARTS,
    MONTHLY_INVOICE_BASE,
    MONTHLY_REVIEW_BASE,
    MONTHLY_STATISTICS,
    YEARLY_FOLLOW_UP,
)
from orchestration.partitions import FIRST_DAY_VARIABLE, discharge_months, first_day
from orchestration.partitions import delivery_days as partition_days
from orchestration.runner import Runner
from orchestration.told import Say, tell, tell_gaps, tell_ingested

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
    feeds: dict[date, str] = {}
    for feed in FEEDS:
        feeds |= dict.fromkeys((file.delivery_date for file in source.list_deliveries(feed)), feed)
    days = feeds.keys()
    if not days:
        raise LusError(
            "there are no deliveries",
            where=str(landing),
            todo="lay files as <feed>/<YYYY-MM-DD>/<name>.csv; docs/data-contract.md says more",
        )
    if min(days) < date.fromisoformat(first_day()):
        raise LusError(
            f"there are deliveries from {min(days)}, before {first_day()}",
            where=f"{landing}, feed {feeds[min(days)]}",
            todo=f"set {FIRST_DAY_VARIABLE} to that day or earlier",
        )
    latest = date.fromisoformat(partition_days().get_last_partition_key() or first_day())
    if max(days) > latest:
        raise LusError(
            f"there are deliveries from {max(days)}, which is yet to come",
            where=f"{landing}, feed {feeds[max(days)]}",
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
    if as_of:
        refuse_to_come(as_of, "--as-of")
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
        with open_marts(home, as_of or last) as marts:
            gaps = read_gaps(marts)
    tell_gaps(gaps, say)
    tell(outcome, (*failed, *outcome.failed_checks), say)


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
    tell_ingested(ingested, say)
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
    refuse_to_come(as_of, "--as-of")
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
    refuse_to_come(as_of, "--as-of")
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
    if as_of:
        refuse_to_come(as_of, "--as-of")
    Pseudonymizer.from_environment()
    home.prepare()
    _, last = delivery_days(open_landing(home, landing), landing)
    with writer_lock(home):
        runner = Runner(home, landing, as_of or last)
        outcome = runner.run(YEARLY_FOLLOW_UP, month=date(year, 1, 1))
    release = outcome.metadata["published/yearly_follow_up"]
    kept = "" if release["is_new"] else " (unchanged)"
    say(f"follow-up of {year}: {release['rows']} rows in {release['path']}{kept}")
