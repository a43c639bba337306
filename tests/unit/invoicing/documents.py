"""Invoice documents of invented parties: a region, and a federation that pays for a town."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pyarrow as pa

from lus_assets.core.seller import Seller
from lus_assets.invoicing.issuing.lines import HELD_SCHEMA
from lus_assets.invoicing.shared.document import InvoiceDocument
from lus_assets.invoicing.shared.recipients import InvoiceRecipient
from lus_assets.ledger.tables import LINE_SCHEMA

MONTH, ISSUED = date(2023, 3, 1), date(2023, 4, 26)
SOMATIC, PSYCHIATRIC = "dalarna-mean", "se-statute-2018"

SELLER = Seller(
    name="Region Provlandet",
    organisation_number="2320999994",
    vat_id="SE232099999401",
    electronic_address="2320999994",
    street="Provgatan 1",
    postal_code="123 45",
    city="Provstad",
    bankgiro="9912346",
    contact_name="Ekonomienheten",
    contact_phone="010-000 00 00",
    contact_email="faktura@region.example",
)
RECIPIENT = InvoiceRecipient(
    municipality_code="2080",
    valid_from=date(2020, 1, 1),
    valid_to=None,
    recipient_name="Kommunalförbundet Omsorg i Provstad",
    organisation_number="2220999995",
    vat_id="SE222099999501",
    electronic_address="2220999995",
    buyer_reference="LUS-2080",
    street="Box 1",
    postal_code="123 00",
    city="Provstad",
)
RULESETS: list[dict[str, Any]] = [
    {
        "ruleset_id": SOMATIC,
        "agreement_id": "dalarna",
        "care_type": "any",
        "valid_from": date(2023, 1, 1),
        "valid_to": None,
        "billing_model": "mean_excess",
        "free_days": 3,
        "free_day_unit": "calendar",
        "holiday_calendar": "se-2018",
        "cutoff_time": "12:00:00",
        "cutoff_comparator": "after",
        "mean_level": Decimal("3.0000"),
        "mean_decimals": 2,
        "individual_after_days": None,
        "rate_source": "national",
        "admission_notice_hours": 24,
        "sip_call_days": 3,
        "source": "Härlett ur publicerade fakturasummor",
        "status": "assumption",
    },
    {
        "ruleset_id": PSYCHIATRIC,
        "agreement_id": "statute",
        "care_type": "psychiatric",
        "valid_from": date(2018, 1, 1),
        "valid_to": None,
        "billing_model": "individual",
        "free_days": 3,
        "free_day_unit": "calendar",
        "holiday_calendar": "se-2018",
        "cutoff_time": "12:00:00",
        "cutoff_comparator": "after",
        "mean_level": None,
        "mean_decimals": None,
        "individual_after_days": None,
        "rate_source": "national",
        "admission_notice_hours": 24,
        "sip_call_days": 3,
        "source": "2017:612 5:3",
        "status": "sourced",
    },
]


def line(
    days: str,
    price: str = "10500.00",
    line_type: str = "charge",
    *,
    month: date = MONTH,
    ruleset_id: str = SOMATIC,
    episode_id: str | None = None,
    corrects: str | None = None,
) -> dict[str, Any]:
    """A ledger line; its amount is days times price, rounded half-up to öre."""
    quantity, unit_price = Decimal(days), Decimal(price)
    about = f"{line_type} {month} {ruleset_id} {episode_id} {price}"
    return {
        "invoice_line_id": hashlib.sha256(about.encode()).hexdigest()[:32],
        "invoice_base_id": "2023-03-2080",
        "municipality_code": "2080",
        "issue_month": MONTH,
        "original_month": month,
        "line_type": line_type,
        "corrects_line_id": corrects,
        "episode_id": episode_id,
        "ruleset_id": ruleset_id,
        "quantity_days": quantity,
        "unit_price_sek": unit_price,
        "amount_sek": (quantity * unit_price).quantize(Decimal("0.01"), ROUND_HALF_UP),
        "issued_at": datetime(2023, 4, 26),  # noqa: DTZ001 - business time is local
        "as_of": ISSUED,
        "content_hash": "0" * 64,
    }


def held(
    days: str, price: str = "10500.00", line_type: str = "charge", **more: Any
) -> dict[str, Any]:
    """A line that waits for one open dispute."""
    row = line(days, price, line_type, ruleset_id=PSYCHIATRIC, episode_id="E9")
    waits = {"held_by": "dispute", "first_dispute_id": "D1", "open_disputes": 1}
    return {name: row[name] for name in HELD_SCHEMA.names if name in row} | waits | more


def month_row(**more: Any) -> dict[str, Any]:
    """The row of fct_municipality_month of Region Dalarna's example: six episodes, 32 days."""
    return {
        "billing_month": MONTH,
        "municipality_code": "2080",
        "ruleset_id": SOMATIC,
        "care_type": "any",
        "episodes_discharged": 8,
        "episodes_billable": 6,
        "ready_days": 32,
        "liable_days": 18,
        "episodes_in_mean": 6,
        "ready_days_in_mean": 32,
        "mean_ready_days": Decimal("5.3333"),
        "mean_level": Decimal("3.0000"),
        "exceeds_level": True,
        "charged_days": Decimal("13.9800"),
        "daily_rate_sek": Decimal("10500.00"),
        "amount_sek": Decimal("146790.00"),
        "invoicing": "active",
        "status": "assumption",
    } | more


def invoice(
    *lines: dict[str, Any],
    held_lines: Sequence[dict[str, Any]] = (),
    months: Sequence[dict[str, Any]] | None = None,
    **more: Any,
) -> InvoiceDocument:
    """The invoice base of March 2023 with these lines; other fields as named."""
    facts: dict[str, Any] = {
        "number": "LUS-000123",
        "invoice_base_id": "2023-03-2080",
        "municipality_code": "2080",
        "municipality_name": "Provstad",
        "month": MONTH,
        "as_of": ISSUED,
        "lines": pa.Table.from_pylist(list(lines), schema=LINE_SCHEMA),
        "held": pa.Table.from_pylist(list(held_lines), schema=HELD_SCHEMA),
        "months": pa.Table.from_pylist([month_row()] if months is None else list(months)),
        "rulesets": pa.Table.from_pylist(RULESETS),
        "code_version": "1",
        "recipient": RECIPIENT,
        "seller": SELLER,
        "preceding": {},
    }
    return InvoiceDocument(**(facts | more))


def correction(was: str, now: str, price: str = "9300.00") -> tuple[dict[str, Any], dict[str, Any]]:
    """An episode of December 2022, credited in full and charged anew."""
    about: dict[str, Any] = {
        "month": date(2022, 12, 1),
        "ruleset_id": PSYCHIATRIC,
        "episode_id": "E1",
        "corrects": "a" * 32,
    }
    return line(f"-{was}", price, "credit", **about), line(now, price, "debit", **about)


def good_documents() -> dict[str, InvoiceDocument]:
    """One document of every kind that is drafted, by name."""
    preceding = {"a" * 32: "LUS-000101"}
    rows = line("13.98"), line("1", "0.02", ruleset_id=PSYCHIATRIC, episode_id="E2")
    gln = {"electronic_address_scheme": "0088", "electronic_address": "7350053850019"}
    iban = "SE3550000000054910000003"
    return {
        "mean": invoice(line("13.98")),
        "corrected": invoice(*correction("5", "4"), line("13.98"), preceding=preceding),
        "credit": invoice(*correction("5", "4"), preceding=preceding),
        "nothing": invoice(*correction("5", "5"), preceding=preceding),
        "exempt": invoice(*rows, seller=replace(SELLER, vat_category="E")),
        "outside": invoice(*rows, seller=replace(SELLER, vat_category="O")),
        "zero": invoice(*rows, seller=replace(SELLER, vat_category="Z")),
        "standard": invoice(*rows, seller=replace(SELLER, vat_category="S", vat_percent=25)),
        "f_tax": invoice(*rows, seller=replace(SELLER, approved_for_f_tax=True)),
        "plusgiro": invoice(*rows, seller=replace(SELLER, bankgiro="", plusgiro="9020033")),
        "iban": invoice(*rows, seller=replace(SELLER, bankgiro="", iban=iban)),
        "gln": invoice(*rows, recipient=replace(RECIPIENT, **gln)),
        "order": invoice(
            *rows, recipient=replace(RECIPIENT, buyer_reference="", order_reference="4711")
        ),
    }
