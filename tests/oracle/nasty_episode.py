"""One generated stay with its versions and messages, for the nasty landing areas."""

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

T = TypeVar("T")
Fact = tuple[str, dict[str, str], date]
STOCKHOLM = ZoneInfo("Europe/Stockholm")
MOMENTS = ("00:00:00", "02:30:00", "08:00:00", "11:59:59", "12:00:00", "12:00:00.500000",
           "12:00:01", "15:00:00", "23:59:59")  # fmt: skip
STEPS = (timedelta(0), timedelta(seconds=1), timedelta(hours=1), timedelta(hours=9),
         timedelta(days=1), timedelta(days=2), timedelta(hours=-1))  # fmt: skip
ROLES = {
    "permanent_contact_named": "outpatient",
    "sip_call": "outpatient",
    "outpatient_services": "outpatient",
    "receipt": "municipality",
}
TRANSFER_GAPS = (timedelta(0), timedelta(hours=1), timedelta(hours=5), timedelta(hours=24),
                 timedelta(hours=24, seconds=1), timedelta(hours=-2))  # fmt: skip
OTHER_GAPS = (timedelta(0), timedelta(hours=5), timedelta(days=2), timedelta(days=7),
              timedelta(days=8), timedelta(hours=-3))  # fmt: skip


def any_of(rng: random.Random, choices: Sequence[T]) -> T:
    """One of the choices."""
    return choices[rng.randrange(len(choices))]


def a_message(rng: random.Random, values: dict[str, str]) -> dict[str, str]:
    """The same message id with other content."""
    moved = local(values["sent_at"]) + any_of(rng, STEPS)
    return values | {"sent_at": str(moved), "sender_unit": "Enhet 2"}


def local(text: str) -> datetime:
    """The Swedish clock time of a written timestamp."""
    moment = datetime.fromisoformat(text)
    return moment.astimezone(STOCKHOLM).replace(tzinfo=None) if moment.tzinfo else moment


class NastyEpisode:
    """A stay; what the next one of the person begins with depends on how it ended."""

    def __init__(
        self, rng: random.Random, stay_id: str, person_id: str, admitted: datetime
    ) -> None:
        self.rng = rng
        self.stay_id = stay_id
        self.person_id = person_id
        self.admitted = admitted
        self.discharged: datetime | None = None
        if not self._chance(0.12):
            moment = datetime.combine(
                admitted.date() + timedelta(days=any_of(rng, (0, 1, 2, 4, 5, 6, 8, 9, 12))),
                datetime.strptime(any_of(rng, MOMENTS)[:8], "%H:%M:%S").time(),  # noqa: DTZ007
            )
            self.discharged = max(moment, admitted)
        self.discharge_type = any_of(
            rng, ("home",) * 8 + ("special_housing",) * 2 + ("other", "deceased", "transferred")
            + ("transferred",) * 3,
        )  # fmt: skip
        self.is_orderly = self._chance(0.4)
        self.compulsory = "true" if self._chance(0.08) else any_of(rng, ("", "false"))

    def next_admission(self) -> datetime:
        """When the person comes next, at the edges of linking and of readmission."""
        assert self.discharged is not None
        gaps = TRANSFER_GAPS if self.discharge_type == "transferred" else OTHER_GAPS
        return self.discharged + any_of(self.rng, gaps)

    def rows(self, known_ids: list[str]) -> Iterator[Fact]:
        """The stay's versions and its messages; `known_ids` may be cancelled by mistake."""
        yield from self._versions()
        if self._chance(0.1):
            return
        for message in self._messages(known_ids):
            known_ids.append(message["message_id"])
            yield "messages", message, local(message["sent_at"]).date()

    def _chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def _written(self, moment: datetime) -> str:
        """Mostly as the clock says, sometimes with an offset."""
        if self._chance(0.1):
            aware = moment.replace(tzinfo=STOCKHOLM)
            zone = any_of(self.rng, (UTC, STOCKHOLM))
            return aware.astimezone(UTC).astimezone(zone).isoformat()
        return any_of(self.rng, (str(moment), moment.isoformat()))

    def _versions(self) -> Iterator[Fact]:
        first = {
            "stay_id": self.stay_id,
            "person_id": self.person_id,
            "hospital_unit": any_of(self.rng, ("Akuten", "Medicin", "Geriatrik", "Psykiatri")),
            "care_type": any_of(self.rng, ("somatic",) * 4 + ("psychiatric",)),
            "legal_basis": any_of(self.rng, ("", "hsl", "lpt", "lrv")),
            "admission_type": any_of(self.rng, ("planned", "unplanned", "unplanned")),
            "admitted_at": self._written(self.admitted),
            "to_open_compulsory_care": self.compulsory,
            "updated_at": str(self.admitted),
        }
        yield "stays", first, self.admitted.date()
        if self.discharged is None:
            return
        ended = {
            "discharged_at": self._written(self.discharged),
            "discharge_type": self.discharge_type,
            "updated_at": str(self.discharged),
        }
        yield "stays", first | ended, self.discharged.date()
        if self._chance(0.08):
            corrected = {"hospital_unit": "Rättad", "discharge_type": "home"}
            yield "stays", first | ended | corrected, self.discharged.date()
        if self._chance(0.03):
            backwards = {"discharged_at": str(self.admitted - timedelta(seconds=1))}
            yield "stays", first | ended | backwards, self.discharged.date()

    def _messages(self, known_ids: list[str]) -> Iterator[dict[str, str]]:
        own: list[dict[str, str]] = []
        plan = self._orderly_plan() if self.is_orderly else self._plan()
        for message_type, moment, columns in plan:
            own.append(self._message(message_type, moment, columns))
        notices = [m for m in own if m["message_type"] == "ready_notice"]
        for notice in notices:
            if self._chance(0.75):
                moment = local(notice["sent_at"]) + any_of(self.rng, STEPS[1:4])
                refers = {"refers_to_message_id": notice["message_id"]}
                own.append(self._message("receipt", moment, refers))
        if own and self._chance(0.05 if self.is_orderly else 0.35):
            own += self._cancellations(any_of(self.rng, own), known_ids)
        yield from own

    def _orderly_plan(self) -> Iterator[tuple[str, datetime, dict[str, str]]]:
        """What makes an episode billable, timed at the edges of day zero and of liability."""
        hour = timedelta(hours=1)
        clock = any_of(self.rng, MOMENTS)
        notice = max(datetime.fromisoformat(f"{self.admitted.date()} {clock}"), self.admitted)
        yield "admission_notice", self.admitted + any_of(self.rng, (hour, 24 * hour)) / 8, {}
        yield "permanent_contact_named", notice - hour, {}
        yield "consent", notice, {"status": "given"}
        yield "outpatient_services", notice - hour, {"status": "available"}
        yield "ready_notice", notice, {"needs": any_of(self.rng, ("both", "municipality"))}
        yield "sip_call", notice + any_of(self.rng, (hour, 24 * hour)), {}
        if self.compulsory == "true":
            yield "care_plan_drawn_up", notice, {}

    def _plan(self) -> Iterator[tuple[str, datetime, dict[str, str]]]:
        """What an orderly ward would send, with gaps, repetitions and delays."""
        length = (self.discharged or self.admitted + timedelta(days=9)) - self.admitted
        notice = self.admitted + length * self.rng.random() * 0.6
        if self._chance(0.6):
            clock = datetime.fromisoformat(f"{notice.date()} {any_of(self.rng, MOMENTS)}")
            notice = max(clock, self.admitted)
        needs = any_of(self.rng, ("both",) * 7 + ("municipality", "municipality", "region", ""))
        hour = timedelta(hours=1)
        if self._chance(0.94):
            delay = any_of(self.rng, (hour, hour, 3 * hour, 3 * hour, 24 * hour, 25 * hour))
            columns = {"needs": any_of(self.rng, (needs, needs, needs, ""))}
            if self._chance(0.2):
                columns["need_assessed_at"] = str(self.admitted + any_of(self.rng, STEPS))
            yield "admission_notice", self.admitted + delay, columns
            if self._chance(0.1):
                yield "admission_notice", notice, {"needs": any_of(self.rng, ("", "municipality"))}
        if self._chance(0.92):
            yield "permanent_contact_named", notice - hour, {}
        if self._chance(0.95):
            yield "ready_notice", notice, {"needs": any_of(self.rng, (needs, needs, "", "both"))}
        if self._chance(0.93):
            days = timedelta(days=any_of(self.rng, (0, 0, 0, 0, 1, 2, 3, 4, -2)))
            yield "sip_call", notice + days, {}
        if self.compulsory == "true" and self._chance(0.7):
            yield "care_plan_drawn_up", notice + any_of(self.rng, STEPS), {}
        yield from self._withdrawals(notice, needs)
        for _ in range(any_of(self.rng, (0, 1, 1, 2))):
            status = any_of(self.rng, ("available",) * 5 + ("unavailable", "unclear"))
            moment = notice + any_of(self.rng, (*STEPS, -20 * hour, -30 * hour))
            yield "outpatient_services", moment, {"status": status}
        for _ in range(any_of(self.rng, (0, 1, 1, 2))):
            status = any_of(self.rng, ("given",) * 7 + ("declined",))
            yield "consent", notice + any_of(self.rng, STEPS), {"status": status}
        yield from self._around_discharge(needs)

    def _withdrawals(
        self, notice: datetime, needs: str
    ) -> Iterator[tuple[str, datetime, dict[str, str]]]:
        moment = notice
        for _ in range(any_of(self.rng, (0, 0, 0, 0, 0, 1, 1, 2, 3))):
            moment += any_of(self.rng, STEPS)
            yield "ready_withdrawn", moment, {}
            if self._chance(0.8):
                moment += any_of(self.rng, STEPS)
                yield "ready_notice", moment, {"needs": needs}
        if self._chance(0.1):
            yield "ready_notice", notice + any_of(self.rng, STEPS), {"needs": needs}

    def _around_discharge(self, needs: str) -> Iterator[tuple[str, datetime, dict[str, str]]]:
        if self.discharged is None:
            return
        for _ in range(any_of(self.rng, (0, 0, 0, 1, 1, 2))):
            kinds = ("planned_discharge_changed", "discharge_information", "discharge_information",
                     "ready_notice", "admission_notice", "ready_withdrawn")  # fmt: skip
            kind = any_of(self.rng, kinds)
            columns = {"needs": needs} if kind.endswith("_notice") else {}
            yield kind, self.discharged + any_of(self.rng, (*STEPS[:3], STEPS[-1])), columns

    def _cancellations(
        self, first: dict[str, str], known_ids: list[str]
    ) -> Iterator[dict[str, str]]:
        """A chain of up to five, each naming the one before; replacing or only cancelling."""
        target = first
        for _ in range(self.rng.randint(1, 5)):
            moment = local(target["sent_at"]) + any_of(self.rng, STEPS)
            columns = {"cancels_message_id": target["message_id"]}
            if self._chance(0.03):
                columns = {"cancels_message_id": any_of(self.rng, (*known_ids, "M-unknown"))}
            kind = "cancellation"
            if self._chance(0.25) and target["message_type"] != "receipt":
                kind = target["message_type"]
                columns |= {name: target.get(name, "") for name in ("needs", "status")}
            target = self._message(kind, moment, columns)
            yield target

    def _message(self, kind: str, moment: datetime, columns: dict[str, Any]) -> dict[str, str]:
        """Ids are in no order of time, so that ties in time show."""
        return {
            "message_id": f"M-{self.rng.randrange(1000):03d}-{self.rng.randrange(10**6):06d}",
            "stay_id": self.stay_id,
            "message_type": kind,
            "sent_at": self._written(moment),
            "sender_unit": "Enhet 1",
            "sender_role": ROLES.get(kind, "inpatient"),
            **columns,
        }
