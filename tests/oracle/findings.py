"""Why an episode is not billable, and its row."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from .episodes import Episode
from .feeds import Values
from .people import People, Place
from .rules import Rules, Ruleset

HARMLESS_AFTER_DISCHARGE = {"cancellation", "receipt", "discharge_information", "sip_call"}


@dataclass
class Judged:
    """An episode in the discharge process with all that the rules say about it."""

    episode: Episode
    place: Place
    ruleset: Ruleset | None
    row: dict[str, Any]
    findings: set[str]


def judge(episode: Episode, people: People, rules: Rules, disputes: list[Values]) -> Judged:
    """The episode's row and findings."""
    standing, withdrawn = episode.readiness()
    place_day = standing["sent_at"].date() if standing else episode.admitted_at.date()
    place = people.liable(episode.person, place_day, episode.last_day)
    care_type = episode.last["care_type"]
    ruleset = rules.ruleset(place.municipality, care_type, episode.last_day)
    own_disputes = _own_disputes(episode, place, disputes)

    findings = _message_findings(episode, standing, ruleset or rules.earliest_statute())
    findings |= _other_findings(episode, place, ruleset)
    if "upheld" in own_disputes:
        findings.add("DISPUTE_UPHELD")
    blocked = any(rules.findings[code]["is_blocking"] == "true" for code in findings)
    discharged = episode.discharged_at is not None

    row = {
        "episode_id": episode.id,
        "person_key": episode.person,
        "hospital_unit": episode.last["hospital_unit"],
        "care_type": care_type,
        "admitted_at": episode.admitted_at,
        "discharged_at": episode.discharged_at,
        "discharge_date": episode.last_day if discharged else None,
        "is_discharged": discharged,
        "billing_month": episode.last_day.replace(day=1) if discharged else None,
        "needs": episode.needs(),
        "ready_notice_at": standing["sent_at"] if standing else None,
        "withdrawn_ready_days": _withdrawn_days(withdrawn, ruleset),
        "liable_municipality_code": place.municipality,
        "liability_basis": place.basis,
        "district_code": place.district,
        "ruleset_id": ruleset.ruleset_id if ruleset else None,
        "is_billable": bool(discharged and standing and ruleset and not blocked),
        "has_open_dispute": "open" in own_disputes,
        "admission_type": episode.stays[0]["admission_type"],
        "discharge_type": episode.last["discharge_type"] if discharged else None,
        "admission_notice_at": _first_at(episode.sent("admission_notice")),
        "permanent_contact_at": _first_at(episode.sent("permanent_contact_named")),
        "sip_call_at": _first_at(episode.all_sent("sip_call")),
        "care_plan_at": _first_at(episode.sent("care_plan_drawn_up")),
        "consent_status": _consent(episode),
    } | _days(episode, standing, ruleset)
    return Judged(episode, place, ruleset, row, findings)


def _days(episode: Episode, standing: Values | None, ruleset: Ruleset | None) -> dict[str, Any]:
    names = ("day_zero", "liability_entry_date", "ready_days", "liable_days", "ready_days_to_date")
    days: dict[str, Any] = dict.fromkeys(names)
    if standing is None or ruleset is None:
        return days
    zero = ruleset.day_zero(standing["sent_at"])
    entry = ruleset.entry_date(zero)
    days |= {"day_zero": zero, "liability_entry_date": entry}
    if episode.discharged_at is None:
        days["ready_days_to_date"] = _between(zero, episode.as_of)
    else:
        days["ready_days"] = _between(zero, episode.last_day)
        days["liable_days"] = _between(entry, episode.last_day)
    return days


def _between(first: date, last: date) -> int:
    return max(0, (last - first).days)


def _withdrawn_days(
    periods: list[tuple[datetime, datetime]], ruleset: Ruleset | None
) -> int | None:
    if not periods:
        return 0
    if ruleset is None:
        return None
    return sum(_between(ruleset.day_zero(ready), ended.date()) for ready, ended in periods)


def _first_at(messages: list[Values]) -> datetime | None:
    return messages[0]["sent_at"] if messages else None


def _consent(episode: Episode) -> str | None:
    consents = episode.sent("consent")
    return consents[-1]["status"] if consents else None


def _own_disputes(episode: Episode, place: Place, disputes: list[Values]) -> set[str]:
    stays = {stay["stay_id"] for stay in episode.stays}
    return {
        dispute["status"]
        for dispute in disputes
        if dispute["episode_id"] in stays and dispute["municipality_code"] == place.municipality
    }


def _message_findings(episode: Episode, standing: Values | None, deadlines: Ruleset) -> set[str]:
    findings: set[str] = set()
    admissions = episode.sent("admission_notice")
    if not admissions:
        findings.add("ADMISSION_NOTICE_MISSING")
    else:
        since = max(episode.admitted_at, admissions[0]["need_assessed_at"] or episode.admitted_at)
        if admissions[0]["sent_at"] - since > timedelta(hours=deadlines.admission_notice_hours):
            findings.add("ADMISSION_NOTICE_LATE")
    if standing is None:
        findings.add("READY_NOTICE_MISSING")
    elif not any(
        receipt["refers_to_message_id"] == standing["message_id"]
        for receipt in episode.sent("receipt")
    ):
        findings.add("RECEIPT_MISSING")

    care_plan_due = episode.last["to_open_compulsory_care"]
    if care_plan_due and not episode.sent("care_plan_drawn_up"):
        findings.add("CARE_PLAN_MISSING")
    if episode.needs() == "both":
        if not episode.sent("permanent_contact_named"):
            findings.add("PERMANENT_CONTACT_MISSING")
        if not care_plan_due:
            findings |= _sip_findings(episode, standing, deadlines)
    if standing and _services_failed(episode, standing):
        findings.add("REGION_SERVICES_UNAVAILABLE")
    return findings


def _sip_findings(episode: Episode, standing: Values | None, deadlines: Ruleset) -> set[str]:
    calls = episode.all_sent("sip_call")
    if standing is None:
        return set() if calls else {"SIP_CALL_MISSING"}
    last_day = standing["sent_at"].date() + timedelta(days=deadlines.sip_call_days)
    if not calls:
        return {"SIP_CALL_MISSING"} if episode.as_of > last_day else set()
    return {"SIP_CALL_LATE"} if calls[0]["sent_at"].date() > last_day else set()


def _services_failed(episode: Episode, standing: Values) -> bool:
    statuses = episode.sent("outpatient_services")
    notice = (standing["sent_at"], standing["message_id"])
    before = [s for s in statuses if (s["sent_at"], s["message_id"]) < notice]
    after = [s for s in statuses if (s["sent_at"], s["message_id"]) > notice]
    return any(status["status"] in ("unavailable", "unclear") for status in before[-1:] + after)


def _other_findings(episode: Episode, place: Place, ruleset: Ruleset | None) -> set[str]:
    findings: set[str] = set()
    needs = episode.needs()
    if _consent(episode) == "declined":
        findings.add("PATIENT_DECLINED")
    if needs == "region":
        findings.add("NO_MUNICIPAL_NEED")
    if needs is None:
        findings.add("NEEDS_UNKNOWN")
    if episode.discharged_at and episode.last["discharge_type"] == "deceased":
        findings.add("DECEASED")
    if place.municipality is None:
        findings.add("MUNICIPALITY_UNKNOWN")
    if ruleset is None:
        findings.add("RULESET_MISSING")
    if any(
        message["message_type"] not in HARMLESS_AFTER_DISCHARGE
        for message in episode.messages
        if not episode.is_in_time(message)
    ):
        findings.add("MESSAGE_AFTER_DISCHARGE")
    if episode.discharged_at and episode.last["discharge_type"] == "transferred":
        findings.add("TRANSFER_WITHOUT_SUCCESSOR")
    return findings
