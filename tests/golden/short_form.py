"""From a case's short form to the rows that a delivery would hold.

A patient who is described only by `ready` and `discharged` has a complete somatic episode: it meets
every condition for billing. `but` changes or removes (`none`) a message by its name or adds one.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from .contract import Row

STOCKHOLM = ZoneInfo("Europe/Stockholm")
NONE = "none"
ROLES = {
    "admission_notice": "inpatient",
    "ready_notice": "inpatient",
    "ready_withdrawn": "inpatient",
    "planned_discharge_changed": "inpatient",
    "care_plan_drawn_up": "inpatient",
    "discharge_information": "inpatient",
    "consent": "inpatient",
    "cancellation": "inpatient",
    "permanent_contact_named": "outpatient",
    "sip_call": "outpatient",
    "outpatient_services": "outpatient",
    "receipt": "municipality",
}
MESSAGE_KEYS = {"type", "at", "needs", "assessed", "status", "cancels", "refers", "stay", "role",
                "delivered", "file"}  # fmt: skip
PATIENT_KEYS = {"name", "ready", "discharged", "admitted", "discharge_type", "admission_type",
                "care_type", "legal_basis", "unit", "compulsory", "needs", "municipality",
                "district", "born", "protected", "person_id", "messages", "but", "stays",
                "persons", "placements", "disputes", "stay_delivered"}  # fmt: skip

DEFAULTS: dict[str, Any] = {
    "ready": "2024-03-11 10:00",
    "discharged": "2024-03-14 15:00",
    "discharge_type": "home",
    "admission_type": "unplanned",
    "care_type": "somatic",
    "unit": "Medicinavdelning 1",
    "needs": "both",
    "municipality": "0126",
    "born": "1940-05-05",
    "messages": "complete",
}


def local(text: str) -> datetime:
    """The Swedish clock time that a written timestamp means."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        return moment
    return moment.astimezone(STOCKHOLM).replace(tzinfo=None)


class Patient:
    """One person of a case with stays, messages, places of living and disputes."""

    def __init__(self, case_id: str, short: dict[str, Any], first_day: date, file: str) -> None:
        unknown = set(short) - PATIENT_KEYS
        if unknown:
            raise ValueError(f"{case_id}: unknown words {sorted(unknown)}")
        self.short = DEFAULTS | short
        self.first_day = first_day
        self.file = file
        name = self.short.get("name")
        self.stay_id = f"{case_id}-{name}" if name else case_id
        self.person_id = self.short.get("person_id", f"R-{self.stay_id}")
        self.ready = local(self.short["ready"])
        week_before = self.ready.date() - timedelta(days=7)
        self.admitted = self.short.get("admitted", f"{week_before} 08:00")

    def key(self, name: str) -> str:
        """The full id of a stay, message, placement or dispute that the case names shortly."""
        return f"{self.stay_id}-{name}" if name not in ("", "first") else self.stay_id

    def rows(self) -> Iterator[Row]:
        """Every row that this patient gives rise to."""
        yield from self._stay_rows()
        yield from self._message_rows()
        yield from self._person_rows()
        yield from self._placement_rows()
        yield from self._dispute_rows()

    def _row(self, feed: str, event: str, values: dict[str, str], extra: dict[str, Any]) -> Row:
        delivered = date.fromisoformat(extra.get("delivered", str(local(event).date())))
        filled = {name: "" if value == NONE else value for name, value in values.items()}
        file = extra.get("file", self.file)
        return Row(feed, max(delivered, self.first_day), file, filled)

    def _stay_rows(self) -> Iterator[Row]:
        first = {
            "name": "",
            "admitted": self.admitted,
            "discharged": self.short["discharged"],
            "type": self.short["discharge_type"],
            "admission_type": self.short["admission_type"],
        }
        if "stay_delivered" in self.short:
            first["delivered"] = self.short["stay_delivered"]
        for stay in [first, *self.short.get("stays", [])]:
            yield from self._versions(stay)

    def _versions(self, stay: dict[str, Any]) -> Iterator[Row]:
        """A stay is delivered when the patient comes and again when the patient leaves."""
        discharged = stay.get("discharged", NONE)
        values = {
            "stay_id": self.key(stay["name"]),
            "person_id": self.person_id,
            "hospital_unit": stay.get("unit", self.short["unit"]),
            "care_type": stay.get("care_type", self.short["care_type"]),
            "legal_basis": stay.get("legal_basis", self.short.get("legal_basis", "")),
            "admission_type": stay.get("admission_type", "unplanned"),
            "admitted_at": stay["admitted"],
            "to_open_compulsory_care": self.short.get("compulsory", ""),
            "updated_at": stay["admitted"],
        }
        yield self._row("stays", stay["admitted"], values, stay)
        if discharged != NONE:
            ended = {
                "discharged_at": discharged,
                "discharge_type": stay.get("type", "home"),
                "updated_at": discharged,
            }
            yield self._row("stays", discharged, values | ended, stay)

    def _template(self) -> dict[str, dict[str, str]]:
        """The messages of a complete episode, timed from the ready notice."""
        if self.short["messages"] == NONE:
            return {}
        notice, hour = self.ready, timedelta(hours=1)
        needs = self.short["needs"]
        admission = local(self.admitted) + 3 * hour
        return {
            "admission": {"type": "admission_notice", "at": str(admission), "needs": needs},
            "consent": {"type": "consent", "at": str(notice - 3 * hour), "status": "given"},
            "services": {
                "type": "outpatient_services",
                "at": str(notice - 2 * hour),
                "status": "available",
            },
            "contact": {"type": "permanent_contact_named", "at": str(notice - hour)},
            "ready": {"type": "ready_notice", "at": self.short["ready"], "needs": needs},
            "receipt": {"type": "receipt", "at": str(notice + hour / 2), "refers": "ready"},
            "sip": {"type": "sip_call", "at": str(notice + hour)},
        }

    def _message_rows(self) -> Iterator[Row]:
        messages = self._template()
        for name, change in self.short.get("but", {}).items():
            if change == NONE:
                del messages[name]
                continue
            if set(change) - MESSAGE_KEYS:
                raise ValueError(f"{self.stay_id}: unknown words in {name}")
            messages[name] = messages.get(name, {}) | change
        for name, message in messages.items():
            yield self._message(name, message)

    def _message(self, name: str, message: dict[str, str]) -> Row:
        references = {
            column: self.key(message[word])
            for word, column in (
                ("cancels", "cancels_message_id"),
                ("refers", "refers_to_message_id"),
            )
            if message.get(word, NONE) != NONE
        }
        values = {
            "message_id": self.key(name),
            "stay_id": self.key(message.get("stay", "")),
            "message_type": message["type"],
            "sent_at": message["at"],
            "sender_unit": "Enhet 1",
            "sender_role": message.get("role", ROLES[message["type"]]),
            "needs": message.get("needs", ""),
            "need_assessed_at": message.get("assessed", ""),
            "status": message.get("status", ""),
        }
        return self._row("messages", message["at"], values | references, message)

    def _person_rows(self) -> Iterator[Row]:
        if self.short.get("persons") == NONE:
            return
        for change in self.short.get("persons", [{}]):
            person = {
                "person_id": change.get("person_id", self.person_id),
                "birth_date": change.get("born", self.short["born"]),
                "municipality_code": change.get("municipality", self.short["municipality"]),
                "district_code": change.get("district", self.short.get("district", "")),
                "protected_identity": change.get("protected", self.short.get("protected", "")),
                "valid_from": change.get("from", "2010-01-01"),
            }
            yield self._row("persons", person["valid_from"], person, change)

    def _placement_rows(self) -> Iterator[Row]:
        for place in self.short.get("placements", []):
            values = {
                "placement_id": self.key(place["name"]),
                "person_id": self.person_id,
                "placing_municipality_code": place["placing"],
                "staying_municipality_code": place["staying"],
                "legal_basis": place.get("legal_basis", "sol"),
                "housing": place.get("housing", "special_service"),
                "valid_from": place["from"],
                "valid_to": place.get("to", ""),
            }
            yield self._row("placements", values["valid_from"], values, place)

    def _dispute_rows(self) -> Iterator[Row]:
        for dispute in self.short.get("disputes", []):
            values = {
                "dispute_id": self.key(dispute["name"]),
                "episode_id": self.key(dispute.get("stay", "")),
                "municipality_code": dispute["municipality"],
                "billing_month": dispute["month"],
                "ground": dispute.get("ground", "Kommunen bestrider"),
                "status": dispute["status"],
                "raised_at": dispute["raised"],
                "updated_at": dispute.get("updated", dispute["raised"]),
            }
            yield self._row("disputes", values["updated_at"], values, dispute)
