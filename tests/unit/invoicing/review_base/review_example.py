"""A small municipality's review base, worked out by hand.

Somatic, March 2024: 4 billable episodes wait 0, 1, 4 and 7 days (12 in all): mean 3.00 over level
2.00, so 12 - 4 x 2.00 = 4 days at 11 600 = 46 400. Psychiatric: one episode, 3 liable days.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa

from lus_assets.invoicing.review_base.document import ReviewDocument
from lus_assets.ledger.tables import CHANGED_SCHEMA
from tests.unit.privacy.numbers import PERSONNUMMER

MONTH = date(2024, 3, 1)
_MONEY, _DAYS = pa.decimal128(18, 2), pa.decimal128(18, 4)

MONTH_SCHEMA = pa.schema(
    [
        ("billing_month", pa.date32()),
        *((name, pa.string()) for name in ("municipality_code", "ruleset_id", "care_type")),
        *((name, pa.int32()) for name in ("episodes_discharged", "episodes_billable")),
        *((name, pa.int32()) for name in ("ready_days", "liable_days", "episodes_in_mean")),
        ("ready_days_in_mean", pa.int32()),
        *((name, _DAYS) for name in ("mean_ready_days", "mean_level")),
        ("exceeds_level", pa.bool_()),
        ("charged_days", _DAYS),
        *((name, _MONEY) for name in ("daily_rate_sek", "amount_sek")),
        *((name, pa.string()) for name in ("invoicing", "status")),
        ("amount_by_gate_sek", _MONEY),
    ]
)
EPISODE_SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("episode_id", "person_key", "hospital_unit")),
        ("care_type", pa.string()),
        *((name, pa.timestamp("us")) for name in ("admitted_at", "discharged_at")),
        ("discharge_date", pa.date32()),
        ("is_discharged", pa.bool_()),
        ("billing_month", pa.date32()),
        ("needs", pa.string()),
        ("ready_notice_at", pa.timestamp("us")),
        *((name, pa.date32()) for name in ("day_zero", "liability_entry_date")),
        *((name, pa.int32()) for name in ("ready_days", "liable_days", "withdrawn_ready_days")),
        ("ready_days_to_date", pa.int32()),
        *((name, pa.string()) for name in ("liable_municipality_code", "liability_basis")),
        *((name, pa.string()) for name in ("district_code", "ruleset_id")),
        *((name, pa.bool_()) for name in ("is_billable", "has_open_dispute")),
        *((name, pa.string()) for name in ("admission_type", "discharge_type")),
        *((name, pa.timestamp("us")) for name in ("admission_notice_at", "permanent_contact_at")),
        *((name, pa.timestamp("us")) for name in ("sip_call_at", "care_plan_at")),
        ("consent_status", pa.string()),
        ("stays_in_episode", pa.int32()),
        *((name, pa.string()) for name in ("person_id",)),
    ]
)
FINDING_SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("episode_id", "finding_code")),
        ("is_blocking", pa.bool_()),
        *((name, pa.string()) for name in ("responsible", "sender_role", "legal_reference")),
        ("text_sv", pa.string()),
    ]
)
RULESET_SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("ruleset_id", "agreement_id", "care_type")),
        *((name, pa.date32()) for name in ("valid_from", "valid_to")),
        ("billing_model", pa.string()),
        ("free_days", pa.int32()),
        *((name, pa.string()) for name in ("free_day_unit", "holiday_calendar", "cutoff_time")),
        ("cutoff_comparator", pa.string()),
        ("mean_level", _DAYS),
        *((name, pa.int32()) for name in ("mean_decimals", "individual_after_days")),
        ("rate_source", pa.string()),
        *((name, pa.int32()) for name in ("admission_notice_hours", "sip_call_days")),
        *((name, pa.string()) for name in ("source", "status")),
        ("is_own", pa.bool_()),
    ]
)
CORRECTION_SCHEMA = pa.schema(
    [
        ("original_month", pa.date32()),
        *((name, pa.string()) for name in ("line_type", "ruleset_id", "episode_id")),
        ("quantity_days", _DAYS),
        *((name, _MONEY) for name in ("unit_price_sek", "amount_sek")),
    ]
)

_RULE = {
    "agreement_id": "stockholm",
    "valid_from": date(2020, 1, 1),
    "free_day_unit": "calendar",
    "holiday_calendar": "se-2018",
    "cutoff_time": "12:00:00",
    "cutoff_comparator": "at_or_after",
    "rate_source": "national",
    "admission_notice_hours": 24,
    "sip_call_days": 3,
    "status": "assumption",
    "is_own": False,
}
SOMATIC = {
    **_RULE,
    "ruleset_id": "stockholm-2020-somatic",
    "care_type": "somatic",
    "billing_model": "mean_excess",
    "free_days": 3,
    "mean_level": Decimal("2.0000"),
    "source": "Regional överenskommelse från 2020 kap. 12; nivån 2,0 och formeln är antaganden",
}
PSYCHIATRIC = {
    **_RULE,
    "ruleset_id": "stockholm-2020-psychiatric",
    "care_type": "psychiatric",
    "billing_model": "individual",
    "free_days": 5,
    "source": "Regional överenskommelse från 2020, övergångsregel för psykiatrin",
}


def at(day: date, hour: int = 10, minute: int = 0) -> datetime:
    """A local moment."""
    return datetime.combine(day, time(hour, minute))


def month_row(month: date = MONTH, **changes: Any) -> dict[str, Any]:
    """A row of fct_municipality_month: March's somatic one, with changes."""
    return {
        "billing_month": month,
        "municipality_code": "0126",
        "ruleset_id": "stockholm-2020-somatic",
        "care_type": "somatic",
        "episodes_discharged": 6,
        "episodes_billable": 4,
        "ready_days": 12,
        "liable_days": 5,
        "episodes_in_mean": 4,
        "ready_days_in_mean": 12,
        "mean_ready_days": Decimal("3.0000"),
        "mean_level": Decimal("2.0000"),
        "exceeds_level": True,
        "charged_days": Decimal("4.0000"),
        "daily_rate_sek": Decimal("11600.00"),
        "amount_sek": Decimal("46400.00"),
        "invoicing": "suspended",
        "status": "assumption",
        "amount_by_gate_sek": Decimal("58000.00"),
        **changes,
    }


def episode(number: int, ready_days: int | None, **changes: Any) -> dict[str, Any]:
    """An episode of a patient ready on 5 March at 10.00 (or never), discharged so much later."""
    day_zero = date(2024, 3, 5) if ready_days is not None else None
    discharge = date(2024, 3, 5) + timedelta(days=ready_days or 0)
    return {
        "episode_id": f"S-{number:04}",
        "person_key": f"{number:064x}",
        "person_id": PERSONNUMMER[number],
        "hospital_unit": "Huddinge, avd. K83",
        "care_type": "somatic",
        "admitted_at": at(date(2024, 3, 1)),
        "discharged_at": at(discharge, 14, number),
        "discharge_date": discharge,
        "is_discharged": True,
        "billing_month": MONTH,
        "needs": "both",
        "ready_notice_at": at(day_zero) if day_zero else None,
        "day_zero": day_zero,
        "liability_entry_date": day_zero + timedelta(days=3) if day_zero else None,
        "ready_days": ready_days,
        "liable_days": None if ready_days is None else max(0, ready_days - 3),
        "withdrawn_ready_days": 0,
        "liable_municipality_code": "0126",
        "liability_basis": "residence",
        "ruleset_id": "stockholm-2020-somatic",
        "is_billable": True,
        "has_open_dispute": False,
        "admission_type": "unplanned",
        "discharge_type": "home",
        "admission_notice_at": at(date(2024, 3, 1), 15),
        "permanent_contact_at": at(date(2024, 3, 2)),
        "sip_call_at": at(date(2024, 3, 6)),
        "consent_status": "given",
        "stays_in_episode": 1,
        **changes,
    }


def finding(episode_id: str, code: str, text: str, **changes: Any) -> dict[str, Any]:
    """A blocking finding that outpatient care could have avoided, with changes."""
    return {
        "episode_id": episode_id,
        "finding_code": code,
        "is_blocking": True,
        "responsible": "outpatient",
        "sender_role": None,
        "legal_reference": "2017:612 5:3, 4:3",
        "text_sv": text,
        **changes,
    }


EPISODES = (
    *(episode(number, days) for number, days in enumerate((0, 1, 4, 7), start=1)),
    episode(5, 2, is_billable=False, sip_call_at=None),
    episode(6, None, is_billable=False),
    episode(
        7,
        8,
        care_type="psychiatric",
        ruleset_id="stockholm-2020-psychiatric",
        liable_days=3,
        liability_entry_date=date(2024, 3, 10),
    ),
)
NO_SIP = "Den fasta vårdkontakten har inte kallat till samordnad individuell planering (SIP)."
FINDINGS = (
    finding("S-0005", "SIP_CALL_MISSING", NO_SIP),
    finding(
        "S-0006",
        "READY_NOTICE_MISSING",
        "Det finns ingen gällande underrättelse om att patienten är utskrivningsklar.",
        responsible="inpatient",
        legal_reference="2017:612 5:3, 3:1",
    ),
    finding(
        "S-0004",
        "MESSAGE_AFTER_DISCHARGE",
        "Ett meddelande skickades efter utskrivningen och räknas inte.",
        is_blocking=False,
        responsible="sender",
        sender_role="municipality",
        legal_reference="–",
    ),
)
PSYCHIATRIC_MONTH = month_row(
    ruleset_id="stockholm-2020-psychiatric",
    care_type="psychiatric",
    episodes_discharged=1,
    episodes_billable=1,
    ready_days=8,
    liable_days=3,
    episodes_in_mean=1,
    ready_days_in_mean=8,
    mean_ready_days=Decimal("8.0000"),
    mean_level=None,
    exceeds_level=None,
    charged_days=Decimal("3.0000"),
    amount_sek=Decimal("34800.00"),
    amount_by_gate_sek=None,
)


def corrected(line_type: str, days: str, amount: str) -> dict[str, Any]:
    """A line that corrects February's somatic month."""
    return {
        "original_month": date(2024, 2, 1),
        "line_type": line_type,
        "ruleset_id": "stockholm-2020-somatic",
        "episode_id": None,
        "quantity_days": Decimal(days),
        "unit_price_sek": Decimal("11600.00"),
        "amount_sek": Decimal(amount),
    }


def changed(episode_id: str, change_type: str, **changes: Any) -> dict[str, Any]:
    """An episode of February that is known otherwise: five ready days then, three now."""
    return {
        "original_month": date(2024, 2, 1),
        "episode_id": episode_id,
        "change_type": change_type,
        "person_key": f"{9:064x}",
        "person_id": PERSONNUMMER[9],
        "discharge_date_reviewed": date(2024, 2, 20),
        "discharge_date_now": date(2024, 2, 18),
        "ready_days_reviewed": 5,
        "ready_days_now": 3,
        "liable_days_reviewed": 2,
        "liable_days_now": 0,
        "is_billable_reviewed": True,
        "is_billable_now": True,
        **changes,
    }


CHANGED = (
    changed("F-0001", "changed"),
    changed(
        "F-0002",
        "disappeared",
        **dict.fromkeys(("person_key", "discharge_date_now", "ready_days_now", "is_billable_now")),
        liable_days_now=None,
        person_id="",
    ),
)
CORRECTIONS = (
    corrected("credit", "-3.0000", "-34800.00"),
    corrected("debit", "2.0000", "23200.00"),
)


def document(
    *,
    months: Sequence[dict[str, Any]] | None = None,
    episodes: Sequence[dict[str, Any]] = EPISODES,
    findings: Sequence[dict[str, Any]] = FINDINGS,
    rulesets: Sequence[dict[str, Any]] = (SOMATIC, PSYCHIATRIC),
    corrections: Sequence[dict[str, Any]] = CORRECTIONS,
    behind: Sequence[dict[str, Any]] = (),
    **changes: Any,
) -> ReviewDocument:
    """Huddinge's review base of March 2024, with changes."""
    if months is None:
        before = {"amount_sek": Decimal("11600.00"), "charged_days": Decimal("1.0000")}
        months = (month_row(), PSYCHIATRIC_MONTH, month_row(date(2024, 1, 1), **before))
    made = ReviewDocument(
        municipality_code="0126",
        municipality_name="Huddinge",
        month=MONTH,
        version=1,
        as_of=date(2024, 4, 5),
        objections_until=date(2024, 4, 26),
        code_version="1.2.3",
        reason=None,
        months=pa.Table.from_pylist(list(months), schema=MONTH_SCHEMA),
        episodes=pa.Table.from_pylist(list(episodes), schema=EPISODE_SCHEMA),
        findings=pa.Table.from_pylist(list(findings), schema=FINDING_SCHEMA),
        rulesets=pa.Table.from_pylist(list(rulesets), schema=RULESET_SCHEMA),
        corrections=pa.Table.from_pylist(list(corrections), schema=CORRECTION_SCHEMA),
        changed=pa.Table.from_pylist(
            list(behind), schema=CHANGED_SCHEMA.append(pa.field("person_id", pa.string()))
        ),
    )
    return replace(made, **changes)


def empty_document(**changes: Any) -> ReviewDocument:
    """A municipality without episodes this month, with one month last autumn."""
    months = [month_row(date(2023, 10, 1))]
    return document(months=months, episodes=(), findings=(), rulesets=(), corrections=(), **changes)
