"""Stays linked to episodes, and which of an episode's messages stand."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from .feeds import Values

DAY = timedelta(days=1)


@dataclass
class Episode:
    """Linked stays with their messages, cancelled ones left out, in (sent_at, id) order."""

    stays: list[Values]
    as_of: date
    messages: list[Values] = field(default_factory=list)

    @property
    def id(self) -> str:
        return self.stays[0]["stay_id"]

    @property
    def person(self) -> str:
        return self.stays[0]["person_key"]

    @property
    def admitted_at(self) -> datetime:
        return self.stays[0]["admitted_at"]

    @property
    def last(self) -> Values:
        return self.stays[-1]

    @property
    def discharged_at(self) -> datetime | None:
        return self.last["discharged_at"]

    @property
    def last_day(self) -> date:
        """The discharge date, or `as_of` for a patient still in hospital."""
        return self.discharged_at.date() if self.discharged_at else self.as_of

    @property
    def in_process(self) -> bool:
        return any(m["message_type"] in ("admission_notice", "ready_notice") for m in self.messages)

    def is_in_time(self, message: Values) -> bool:
        """Sent before discharge, or before the end of the `as_of` day."""
        if self.discharged_at is not None:
            return message["sent_at"] <= self.discharged_at
        return message["sent_at"] < datetime.combine(self.as_of + DAY, time())

    def sent(self, message_type: str) -> list[Values]:
        """The messages of a type sent before discharge."""
        return [message for message in self.all_sent(message_type) if self.is_in_time(message)]

    def all_sent(self, message_type: str) -> list[Values]:
        """The messages of a type whenever sent."""
        return [message for message in self.messages if message["message_type"] == message_type]

    def readiness(self) -> tuple[Values | None, list[tuple[datetime, datetime]]]:
        """The standing ready notice, and each withdrawn period's notice and withdrawal."""
        standing: Values | None = None
        withdrawn: list[tuple[datetime, datetime]] = []
        for message in self.messages:
            if not self.is_in_time(message):
                continue
            if message["message_type"] == "ready_notice" and standing is None:
                standing = message
            elif message["message_type"] == "ready_withdrawn" and standing is not None:
                withdrawn.append((standing["sent_at"], message["sent_at"]))
                standing = None
        return standing, withdrawn

    def needs(self) -> str | None:
        """Who has something to do after discharge."""
        standing, _ = self.readiness()
        if standing and standing["needs"]:
            return standing["needs"]
        stated = [m["needs"] for m in self.sent("admission_notice") if m["needs"]]
        return stated[-1] if stated else None


def message_order(message: Values) -> tuple[datetime, str]:
    """Messages are ordered by clock time, then id."""
    return message["sent_at"], message["message_id"]


def standing_messages(messages: list[Values]) -> list[Values]:
    """Messages that happened: not named by a later message that itself happened."""
    by_id = {message["message_id"]: message for message in messages}
    cancelled: set[str] = set()
    for message in sorted(messages, key=message_order, reverse=True):
        target = by_id.get(message["cancels_message_id"])
        if message["message_id"] in cancelled or target is None:
            continue
        if message_order(target) < message_order(message):
            cancelled.add(target["message_id"])
    return sorted(
        (message for message in messages if message["message_id"] not in cancelled),
        key=message_order,
    )


def link_stays(stays: list[Values]) -> list[list[Values]]:
    """Chains of stays that a transfer links."""
    chains: list[list[Values]] = []
    by_person: dict[str, list[Values]] = defaultdict(list)
    for stay in stays:
        by_person[stay["person_key"]].append(stay)
    for own in by_person.values():
        own.sort(key=lambda stay: (stay["admitted_at"], stay["stay_id"]))
        chain: list[Values] = []
        for stay in own:
            if chain and _continues(chain[-1], stay):
                chain.append(stay)
            else:
                chain = [stay]
                chains.append(chain)
    return chains


def _continues(before: Values, after: Values) -> bool:
    if before["discharged_at"] is None or before["discharge_type"] != "transferred":
        return False
    gap = after["admitted_at"] - before["discharged_at"]
    return timedelta(0) <= gap <= timedelta(hours=24)


def build_episodes(stays: list[Values], messages: list[Values], as_of: date) -> list[Episode]:
    """Every episode with its messages; messages of unknown stays wait outside."""
    episodes = [Episode(chain, as_of) for chain in link_stays(stays)]
    by_stay = {stay["stay_id"]: episode for episode in episodes for stay in episode.stays}
    for message in standing_messages(messages):
        if message["stay_id"] in by_stay:
            by_stay[message["stay_id"]].messages.append(message)
    return episodes
