"""What a command says of what its run did."""

from collections.abc import Callable, Sequence
from typing import Any

from lus_assets.core.errors import InvoiceRefusedError
from lus_assets.ingest.assets import LEFT_OUT
from lus_assets.ingest.contract import FEEDS
from lus_assets.publishing.marts import Gap, gaps_in_words
from orchestration.runner import JobOutcome

Say = Callable[[str], None]
_NAMED = 10
"""Files and entries left out that a run names."""


def tell_ingested(outcome: JobOutcome, say: Say) -> None:
    """What was ingested, feed by feed, and what of it does not count."""
    left_out: dict[str, str] = {}
    for feed in FEEDS:
        figures = outcome.metadata[f"lake/{feed}"]
        say(f"  {feed}: {_delivered(figures)}")
        left_out |= figures[LEFT_OUT]
    for path, why in list(left_out.items())[:_NAMED]:
        say(f"    {path}: {why}")
    if len(left_out) > _NAMED:
        say(f"    and more: `lus ui`, assets lake, {LEFT_OUT}")


def tell_gaps(gaps: Sequence[Gap], say: Say) -> None:
    """What was not delivered by the run's as_of, at every run until it is or somebody says why."""
    if gaps:
        say(f"days without a delivered file: {gaps_in_words(gaps)}")
        say("  figures can change when they come: have them delivered, or `lus acknowledge-gap`")


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


def tell(outcome: JobOutcome, failed: tuple[str, ...], say: Say) -> None:
    """What a run built and published. failed: names of checks that did not pass.

    Raises:
        InvoiceRefusedError: it refused invoice bases.
    """
    say(f"  built {outcome.metadata['marts/dim_snapshot']['built']}")
    say(f"checks that did not pass: {len(failed)}")
    for name in failed:
        say(f"  {name}")
    snapshot = outcome.metadata["published/bi_snapshot"]
    say(f"BI snapshot: {snapshot['tables']} tables, {snapshot['rows']} rows in {snapshot['path']}")
    if not snapshot["is_current"]:
        say("  beside the newest one, which is of a later day and stays; what is issued now comes")
        say("  into that one, and into `lus months` and `lus explain`, with its next run")
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
