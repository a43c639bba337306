"""Commands around what was issued: months, verify, backup, restore, e-invoice, review again."""

from datetime import date
from pathlib import Path

import click

from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.core.home_version import existing
from lus_assets.core.location import Landing
from lus_assets.core.lock import writer_lock
from orchestration.options import HOME, LANDING, Day, Month
from orchestration.table import tell_table


@click.command("months")
@HOME
def months_command(home: Path) -> None:
    """Show where every month stands, and what is due.

    Example: lus months --home data
    """
    from lus_assets.invoicing.calendar import as_table, month_statuses

    as_of, months = month_statuses(Home(home))
    if as_of is None:
        raise LusError(
            "there is no snapshot yet", where=str(home), todo="build the marts first: lus run"
        )
    click.echo(f"as known at {as_of}")
    tell_table(as_table(months))
    for each in months:
        if what := each.is_due(as_of):
            click.echo(f"due: {what} base of {each.billing_month:%Y-%m}")


@click.group("ledger")
def ledger_group() -> None:
    """What was issued: the append-only ledger."""


@ledger_group.command("verify")
@HOME
def verify_command(home: Path) -> None:
    """Find any change made behind the ledger's back: in it, in what is published, in the lake.

    Exit status 1 when something is found; each thing is named.

    Example: lus ledger verify --home data
    """
    from lus_assets.invoicing.verify import verify
    from lus_assets.ledger.ledger import Ledger

    place = existing(Home(home))
    found = verify(place)
    for each in found:
        click.echo(each)
    if found:
        raise LusError(
            f"{len(found)} things are not as they were written",
            where=str(home),
            todo="bring what is named back from a backup (`lus restore`); find out who changed it",
        )
    with Ledger.opened(place) as ledger:
        entries = ledger.entries()
    newest = f", the newest with hash {entries[-1].entry_hash}" if entries else ""
    click.echo(f"all is as it was written: {len(entries)} issues{newest}")


@ledger_group.command("show")
@HOME
@click.option("--month", type=Month(), help="Only this month's.")
def show_command(home: Path, month: date | None) -> None:
    """List what was issued, in order.

    Example: lus ledger show --home data --month 2024-03
    """
    from lus_assets.ledger.ledger import Ledger

    with Ledger.opened(existing(Home(home))) as ledger:
        for each in ledger.entries():
            if month in (None, each.month):
                total = f" {each.facts['total_sek']} SEK" if each.kind == "invoice" else ""
                number = f" {each.number}" if each.number else ""
                click.echo(f"{each.sequence:>6} {each.as_of} {each.name}{number}{total}")


@click.command("backup")
@HOME
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def backup_command(home: Path, file: Path) -> None:
    """Write FILE, a tar with all that cannot be made again. It holds person ids: keep it as such.

    Example: lus backup --home data /safe/lus-2024-03-31.tar
    """
    from lus_assets.invoicing.backup import write_backup

    place = existing(Home(home)).prepare()
    with writer_lock(place):
        report = write_backup(place, file)
    newest = f"; ledger up to entry {report.newest.sequence}" if report.newest else ""
    click.echo(f"{report.path}: {report.files} files, {report.size_bytes} bytes{newest}")


@click.command("restore")
@HOME
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
def restore_command(home: Path, file: Path) -> None:
    """Bring a backup back into a new home, and make the issued folders again from it.

    The warehouse comes back with the next `lus run`.

    Example: lus restore --home data-restored /safe/lus-2024-03-31.tar
    """
    from lus_assets.invoicing.backup import restore_backup
    from lus_assets.invoicing.issuing.issue import complete

    place = Home(home)
    report = restore_backup(file, place)
    with writer_lock(place):
        made = complete(place)
    click.echo(f"{home}: {report.files} files, {len(made)} issued folders made again")


@click.command("e-invoice")
@HOME
@click.option("--month", type=Month(), required=True, help="Month of the invoice base.")
@click.option("--municipality", required=True, help="Municipality code, four digits.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True)
def e_invoice_command(home: Path, month: date, municipality: str, out: Path) -> None:
    """Draft the e-invoice of an issued invoice base again, with today's recipient and seller.

    For a base that was issued before its recipient was known; what is issued is not touched. Where
    LUS_PEPPOL_SCHEMATRON names the official Schematron (compiled to XSLT), it is held against it.

    Example: lus e-invoice --home data --month 2024-03 --municipality 0188 --out 0188.xml
    """
    from lus_assets.invoicing.einvoice.schematron import Schematron, schematron_path
    from lus_assets.invoicing.issuing.documents import draft_again

    content = draft_again(Home(home), month, municipality)
    out.write_bytes(content)
    click.echo(f"{out}: {len(content)} bytes")
    path = schematron_path()
    findings = Schematron(path).findings(content) if path else []
    for each in findings:
        click.echo(f"  {each}")
    if findings:
        raise LusError(
            f"the Schematron has {len(findings)} findings",
            where=str(out),
            todo="mend recipient or seller as the rules that are named say, and draft again",
        )


@click.command("review-again")
@LANDING
@HOME
@click.option("--month", type=Month(), required=True, help="Month of the review bases.")
@click.option("--as-of", type=Day(), required=True, help="The new review date.")
@click.option("--reason", required=True, help="Why; it stands in the new version.")
def review_again_command(
    landing: Landing, home: Path, month: date, as_of: date, reason: str
) -> None:
    """Issue new versions of a month's review bases, where they would be others now.

    The invoice base then follows the new version, 21 days after it. Not possible for a
    municipality whose invoice base is issued: that is corrected in a later month.

    \b
    Example:
      lus review-again --landing landing --home data --month 2024-03
          --as-of 2024-04-12 --reason "feed placements was missing"
    """
    from orchestration.commands import review_again

    review_again(Home(home), landing, month, as_of, reason, click.echo)


COMMANDS = (
    months_command,
    ledger_group,
    backup_command,
    restore_command,
    e_invoice_command,
    review_again_command,
)
