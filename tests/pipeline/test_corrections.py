"""A file that changed after it was read: refused, reported, and counted from the day it is told."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from lus_assets.core.home import Home
from lus_assets.ingest.ingest import ingest_days
from lus_assets.ingest.source import LocalFolder
from lus_assets.privacy.keys import Pseudonymizer
from tests.golden.contract import Row, write_landing
from tests.pipeline.command import Said, lus_here
from tests.pipeline.marts import query, write_region
from tests.pipeline.quick_marts import know

FIRST, LAST, COUNTS_FROM = date(2024, 3, 1), date(2024, 3, 14), date(2024, 3, 12)
PATH = "stays/2024-03-08/delivery.csv"
STAY = {
    "stay_id": "S1",
    "person_id": "R-1",
    "hospital_unit": "Geriatriken",
    "care_type": "somatic",
    "admission_type": "unplanned",
    "admitted_at": "2024-03-01T08:00:00",
    "discharged_at": "2024-03-08T14:00:00",
    "discharge_type": "home",
    "updated_at": "2024-03-08T14:00:00",
}
READY = {
    "message_id": "M1",
    "stay_id": "S1",
    "message_type": "ready_notice",
    "sent_at": "2024-03-04T10:00:00",
    "sender_unit": "Geriatriken",
    "sender_role": "inpatient",
    "needs": "municipality",
}


@dataclass(frozen=True)
class Seen:
    """What the marts say on a day: discharge, ready days, what is reported of changed files."""

    discharged: date
    ready_days: int
    reported: list[tuple[Any, ...]]


@dataclass(frozen=True)
class Told:
    """How the change went: before it was accepted, the acceptance, and two days after it."""

    unaccepted: Seen
    accepted: Said
    again: Said
    before_it_counts: Seen
    when_it_counts: Seen
    file_rows: list[tuple[Any, ...]]


def as_seen(home: Home, landing: Path, as_of: date) -> Seen:
    know(home, landing, as_of)
    with query(home) as ask:
        ((discharged, days),) = ask(
            "select discharge_date, ready_days from marts.fct_discharge_episode"
        )
        reported = ask("select path from marts.ingest_anomaly where reason_code = 'FILE_CHANGED'")
    return Seen(discharged, days, reported)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    root = tmp_path_factory.mktemp("corrections")
    home, landing = Home(root / "home"), root / "landing"
    rows = [
        Row("persons", FIRST, "delivery.csv", _PERSON),
        Row("messages", date(2024, 3, 4), "delivery.csv", READY),
        Row("stays", date(2024, 3, 8), "delivery.csv", STAY),
    ]
    write_landing(landing, rows, FIRST, LAST)
    write_region(home)
    ingest_days(home, LocalFolder(landing), Pseudonymizer.from_environment())
    text = (landing / PATH).read_text()
    (landing / PATH).write_text(text.replace("2024-03-08T14", "2024-03-07T14"))
    unaccepted = as_seen(home, landing, LAST)
    accept = (
        *("accept-correction", PATH, "--landing", landing, "--home", home.root),
        *("--reason", "the ward had the wrong day", "--counts-from", COUNTS_FROM),
    )
    accepted, again = lus_here(*accept), lus_here(*accept)
    before = as_seen(home, landing, date(2024, 3, 11))
    after = as_seen(home, landing, COUNTS_FROM)
    with query(home) as ask:
        files = ask(
            "select status, rows_delivered, rows_accepted from marts.ingest_file"
            f" where path = '{PATH}'"
        )
    return Told(unaccepted, accepted, again, before, after, files)


_PERSON = {"person_id": "R-1", "municipality_code": "0126", "valid_from": "2010-01-01"}


def test_a_changed_file_changes_nothing_and_is_reported(told: Told) -> None:
    assert told.unaccepted == Seen(date(2024, 3, 8), 4, [(PATH,)])


def test_an_operator_accepts_it_once_with_a_reason(told: Told) -> None:
    assert told.accepted.status == 0, told.accepted.err
    assert "counts from 2024-03-12" in told.accepted.out
    assert told.again.status == 1
    assert "counts already" in told.again.err


def test_before_the_day_it_counts_from_the_old_content_still_counts(told: Told) -> None:
    assert (told.before_it_counts.discharged, told.before_it_counts.ready_days) == (
        date(2024, 3, 8),
        4,
    )


def test_from_that_day_on_the_new_content_counts_and_nothing_is_reported(told: Told) -> None:
    assert told.when_it_counts == Seen(date(2024, 3, 7), 3, [])


def test_the_file_is_counted_once_as_it_counts_now(told: Told) -> None:
    assert told.file_rows == [("accepted", 1, 1)]
