"""A random but possible life of Blekinge: patients, and what becomes known of them too late.

Everything that section 10 of the rules has to survive: late rows, discharges corrected, notices
cancelled after the fact, addresses that were others all the time (in another of the municipalities,
outside the region, or protected), disputes in time and too late, upheld, rejected and left open.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from tests.golden.contract import Row
from tests.golden.short_form import Patient

MUNICIPALITIES = ("1060", "1080", "1081", "1082", "1083")
ELSEWHERE = "0180"
_MISSING = ("sip", "contact", "admission", "receipt")


@dataclass(frozen=True)
class Story:
    """One patient: what a delivery would hold of it, and when it was discharged and where from."""

    stay_id: str
    municipality: str
    discharged: date
    rows: list[Row]


def random_rows(seed: int, first: date, months: list[date], last: date) -> list[Row]:
    """Every row that is delivered from `first` to `last`, about discharges in these months."""
    rng = random.Random(seed)  # noqa: S311 - reproducible, not secret
    rows: list[Row] = []
    for month in months:
        for municipality in MUNICIPALITIES:
            for number in range(rng.choice((0, 2, 3, 4, 5, 6))):
                name = f"{month:%y%m}-{municipality}-{number}"
                rows += _told(rng, _story(rng, name, municipality, month, first))
    return [row for row in rows if row.delivered <= last]


def _story(rng: random.Random, name: str, municipality: str, month: date, first: date) -> Story:
    """A patient who leaves in the month, mostly with all that billing needs."""
    discharged = month + timedelta(days=rng.randint(0, 27))
    ready = discharged - timedelta(days=rng.choice((0, 1, 2, 3, 4, 4, 5, 6, 8, 11)))
    short: dict[str, Any] = {
        "ready": f"{ready} {rng.randint(8, 15):02}:{rng.choice((0, 30)):02}",
        "discharged": f"{discharged} {rng.randint(16, 19)}:00",
        "care_type": "psychiatric" if rng.random() < 0.2 else "somatic",
        "needs": rng.choice(("both",) * 8 + ("municipality", "region")),
        "municipality": municipality,
    }
    if rng.random() < 0.15:
        short["but"] = {rng.choice(_MISSING): "none"}
    rows = list(Patient(name, short, first, "").rows())
    if rng.random() < 0.1:  # all of it is delivered late
        late = timedelta(days=rng.randint(3, 50))
        rows = [replace(row, delivered=row.delivered + late) for row in rows]
    return Story(name, municipality, discharged, rows)


def _told(rng: random.Random, story: Story) -> Iterator[Row]:
    """The story's rows, and what is delivered about it afterwards."""
    yield from story.rows
    if rng.random() < 0.2:
        yield _discharge_corrected(rng, story)
    if rng.random() < 0.06:
        yield _notice_cancelled(rng, story)
    if rng.random() < 0.2:
        for where in rng.sample((*MUNICIPALITIES, ELSEWHERE, ""), rng.choice((1, 1, 2))):
            yield _lived(rng, story, where)
    if rng.random() < 0.4:
        yield from _disputed(rng, story)


def _later(rng: random.Random, story: Story, longest: int = 95) -> date:
    return story.discharged + timedelta(days=rng.randint(2, longest))


def _last(story: Story, feed: str) -> dict[str, str]:
    return [row.values for row in story.rows if row.feed == feed][-1]


def _discharge_corrected(rng: random.Random, story: Story) -> Row:
    day = _later(rng, story)
    stay = _last(story, "stays")
    admitted = datetime.fromisoformat(stay["admitted_at"])
    moved = datetime.fromisoformat(stay["discharged_at"]) + timedelta(days=rng.randint(-3, 4))
    told = {"discharged_at": str(max(moved, admitted)), "updated_at": f"{day} 07:00"}
    return Row("stays", day, "", stay | told)


def _notice_cancelled(rng: random.Random, story: Story) -> Row:
    day = _later(rng, story)
    (notice,) = (
        row.values for row in story.rows if row.values.get("message_type") == "ready_notice"
    )
    cancellation = {
        "message_id": f"{story.stay_id}-cancelled",
        "message_type": "cancellation",
        "sent_at": f"{day} 09:00",
        "cancels_message_id": notice["message_id"],
        "needs": "",
    }
    return Row("messages", day, "", notice | cancellation)


def _lived(rng: random.Random, story: Story, where: str) -> Row:
    """The patient's address was another all the time; without one, it is protected."""
    hidden = {"protected_identity": "" if where else "true"}
    place = {"municipality_code": where or story.municipality}
    return Row("persons", _later(rng, story), "", _last(story, "persons") | place | hidden)


def _disputed(rng: random.Random, story: Story) -> Iterator[Row]:
    """Raised between the review day and some days after objections end; decided, or not."""
    review = (story.discharged.replace(day=1) + timedelta(days=31)).replace(day=5)
    raised = review + timedelta(days=rng.randint(0, 26 if rng.random() < 0.7 else 70))
    by = story.municipality if rng.random() < 0.85 else rng.choice(MUNICIPALITIES)
    values = {
        "dispute_id": f"D-{story.stay_id}",
        "episode_id": story.stay_id,
        "municipality_code": by,
        "billing_month": f"{story.discharged:%Y-%m}",
        "ground": "Kommunen bestrider",
        "status": "open",
        "raised_at": f"{raised} {rng.randint(8, 16)}:00",
        "updated_at": f"{raised} 17:00",
    }
    delivered = raised + timedelta(days=rng.choice((0, 0, 1, 2)))
    yield Row("disputes", delivered, "", values)
    decision = rng.choice(("upheld", "upheld", "rejected", "rejected", "open"))
    if decision != "open":
        day = delivered + timedelta(days=rng.randint(1, 60))
        told = {"status": decision, "updated_at": f"{day} 08:00"}
        yield Row("disputes", day, "", values | told)
