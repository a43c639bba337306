"""Files of a base, from what the ledger keeps of it (and, for people, the vault)."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.core.seller import Seller
from lus_assets.core.settings import load_settings
from lus_assets.invoicing.einvoice.peppol import draft
from lus_assets.invoicing.invoice_base.files import invoice_files
from lus_assets.invoicing.review_base.files import ReviewDocument, review_files
from lus_assets.invoicing.shared.document import InvoiceDocument
from lus_assets.invoicing.shared.recipients import InvoiceRecipient, load_recipients, recipient_on
from lus_assets.ledger.ledger import Entry, Kind, Ledger
from lus_assets.ledger.tables import CHANGED_SCHEMA
from lus_assets.privacy.arrow import Table
from lus_assets.publishing.release import DataFile


def tables_of(ledger: Ledger, entry: Entry) -> dict[str, Table]:
    """The tables that an issue's files are made from."""
    return {name: pq.read_table(pa.BufferReader(ledger.part(entry, name))) for name in entry.parts}


def render(
    kind: Kind, facts: Mapping[str, Any], tables: Mapping[str, Table], person_ids: Mapping[str, str]
) -> list[DataFile]:
    """The files of a base, the same bytes at every call.

    facts, tables: as the ledger has them. person_ids: person key -> person id, for review bases.
    """
    if kind == "review":
        files = review_files(review_document(facts, tables, person_ids))
    else:
        files = invoice_files(invoice_document(facts, tables))
    return sorted(files, key=lambda each: each.name)


def review_document(
    facts: Mapping[str, Any], tables: Mapping[str, Table], person_ids: Mapping[str, str]
) -> ReviewDocument:
    """What a review base shows its municipality."""
    # review bases issued before this table was kept have none
    changed = tables.get("changed", CHANGED_SCHEMA.empty_table())
    return ReviewDocument(
        municipality_code=facts["municipality_code"],
        municipality_name=facts["municipality_name"],
        month=date.fromisoformat(f"{facts['month']}-01"),
        version=facts["version"],
        as_of=date.fromisoformat(facts["as_of"]),
        objections_until=date.fromisoformat(facts["objections_until"]),
        code_version=facts["code_version"],
        reason=facts["reason"],
        months=tables["months"],
        episodes=_with_ids(tables["episodes"], person_ids),
        findings=tables["findings"],
        rulesets=tables["rulesets"],
        corrections=tables["corrections"],
        changed=_with_ids(changed, person_ids),
    )


def _with_ids(rows: Table, person_ids: Mapping[str, str]) -> Table:
    people = [person_ids.get(key or "", "") for key in rows["person_key"].to_pylist()]
    return rows.append_column("person_id", pa.array(people, pa.string()))


def invoice_document(facts: Mapping[str, Any], tables: Mapping[str, Table]) -> InvoiceDocument:
    """What an invoice base tells its municipality and the region's finance system."""
    return InvoiceDocument(
        number=facts["number"],
        invoice_base_id=facts["invoice_base_id"],
        municipality_code=facts["municipality_code"],
        municipality_name=facts["municipality_name"],
        month=date.fromisoformat(f"{facts['month']}-01"),
        as_of=date.fromisoformat(facts["as_of"]),
        lines=tables["lines"],
        held=tables["held"],
        months=tables["months"],
        rulesets=tables["rulesets"],
        code_version=facts["code_version"],
        recipient=_recipient(facts["recipient"]),
        seller=Seller(**facts["seller"]) if facts["seller"] else None,
        preceding=facts["preceding"],
    )


def party_facts(recipient: InvoiceRecipient | None, seller: Seller | None) -> dict[str, Any]:
    """Who invoices whom, as the ledger keeps it."""
    if recipient is None:
        buyer = None
    else:
        days = (recipient.valid_from, recipient.valid_to)
        valid_from, valid_to = (day.isoformat() if day else None for day in days)
        buyer = asdict(recipient) | {"valid_from": valid_from, "valid_to": valid_to}
    return {"recipient": buyer, "seller": asdict(seller) if seller else None}


def _recipient(facts: Mapping[str, Any] | None) -> InvoiceRecipient | None:
    if facts is None:
        return None
    days: dict[str, Any] = {
        name: date.fromisoformat(facts[name]) if facts[name] else None
        for name in ("valid_from", "valid_to")
    }
    return InvoiceRecipient(**{**facts, **days})


def draft_again(home: Home, month: date, municipality_code: str) -> bytes:
    """The e-invoice of an issued base, with the recipient and seller that are known today.

    Raises:
        LusError: no such base is issued, something is missing, or there is nothing to invoice.
    """
    with Ledger.opened(home) as ledger:
        entry = ledger.newest("invoice", month, municipality_code)
        if entry is None:
            raise LusError(
                f"no invoice base of {month:%Y-%m} is issued for {municipality_code}",
                where=str(home.ledger),
                todo="`lus ledger show` lists what is issued",
            )
        tables = tables_of(ledger, entry)
    recipient = recipient_on(load_recipients(home), municipality_code, entry.as_of)
    parties = party_facts(recipient, load_settings(home).seller)
    return draft(invoice_document({**entry.facts, **parties}, tables))
