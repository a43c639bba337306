"""What delivered rows promise: every promise can be broken, and then shows."""

import weakref
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from expectations import delivered
from expectations.adapter import Checked
from expectations.delivered import check_delivered, check_frame
from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.ingest.catalog import Catalog
from lus_assets.ingest.contract import FEEDS, Feed
from lus_assets.ingest.lake import lake_schema
from tests.unit.ingest.support import DAY, County, row, to_csv

PERSON = "a" * 64
AT = datetime(2025, 1, 2, 3, 4)  # noqa: DTZ001
COMMON = {"file_version_id": "F1", "row_number": 1, "row_hash": "h"}
ROWS: dict[str, dict[str, Any]] = {
    "stays": {
        "stay_id": "S1",
        "person_key": PERSON,
        "person_id_kind": "personnummer",
        "hospital_unit": "Geriatriken",
        "care_type": "somatic",
        "legal_basis": "hsl",
        "admission_type": "unplanned",
        "admitted_at": AT,
        "discharged_at": datetime(2025, 1, 9, 12),  # noqa: DTZ001
        "discharge_type": "home",
        "to_open_compulsory_care": False,
        "updated_at": AT,
    },
    "messages": {
        "message_id": "M1",
        "stay_id": "S1",
        "message_type": "ready_notice",
        "sent_at": AT,
        "sender_unit": "Geriatriken",
        "sender_role": "inpatient",
    },
    "persons": {
        "person_key": PERSON,
        "person_id_kind": "personnummer",
        "has_birth_date": True,
        "municipality_code": "0180",
        "protected_identity": False,
        "valid_from": date(2024, 1, 1),
    },
    "placements": {
        "placement_id": "P1",
        "person_key": PERSON,
        "person_id_kind": "reserve",
        "placing_municipality_code": "0180",
        "staying_municipality_code": "0114",
        "legal_basis": "sol",
        "housing": "special_service",
        "valid_from": date(2024, 1, 1),
        "valid_to": date(2024, 2, 1),
    },
    "disputes": {
        "dispute_id": "D1",
        "episode_id": "S1",
        "municipality_code": "0180",
        "billing_month": date(2025, 1, 1),
        "status": "open",
        "raised_at": AT,
        "updated_at": AT,
    },
}


def frame(feed: str, *changes: dict[str, Any]) -> pd.DataFrame:
    """A hundred good rows and one for each change, as the lake has them."""
    good = COMMON | ROWS[feed]
    rows = [good | _numbered(feed, number) for number in range(100)]
    rows += [good | _numbered(feed, 100 + number) | change for number, change in enumerate(changes)]
    table = pa.Table.from_pylist(rows, schema=lake_schema(FEEDS[feed]))
    return table.to_pandas(date_as_object=False)


def _numbered(feed: str, number: int) -> dict[str, Any]:
    key = {"persons": "person_key"}.get(feed, FEEDS[feed].key[0])
    value = f"{number:064x}" if feed == "persons" else f"{key}-{number}"
    return {"row_number": number + 1, key: value}


@pytest.mark.parametrize("feed", list(FEEDS))
def test_good_rows_keep_every_promise(feed: str) -> None:
    result = check_frame(FEEDS[feed], frame(feed))
    assert result.success
    assert result.warnings == []


@pytest.mark.parametrize("feed", list(FEEDS))
def test_a_day_without_events_keeps_every_promise(feed: str) -> None:
    result = check_frame(FEEDS[feed], frame(feed).head(0))
    assert (result.failures, result.warnings) == ([], [])


@pytest.mark.parametrize(
    ("feed", "change", "promise"),
    [
        ("stays", {"stay_id": None}, "stay_id is always there"),
        ("stays", {"legal_basis": None}, "legal_basis is always there"),
        ("stays", {"care_type": "Somatic"}, "care_type is a code of the contract"),
        ("stays", {"person_key": "191212121212"}, "a person is a pseudonym"),
        ("stays", {"person_key": None}, "person_key is always there"),
        ("stays", {"discharge_type": None}, "a discharge says where to"),
        (
            "stays",
            {"discharged_at": datetime(2025, 1, 1)},  # noqa: DTZ001
            "discharged_at is not before admitted_at",
        ),
        (
            "messages",
            {"message_type": "cancellation"},
            "a cancellation names what it cancels",
        ),
        ("messages", {"message_type": "receipt"}, "a receipt names what it confirms"),
        ("messages", {"message_type": "consent"}, "consent and outpatient services say which"),
        ("messages", {"sent_at": None}, "sent_at is always there"),
        ("messages", {"needs": "nobody"}, "needs is a code of the contract"),
        ("persons", {"municipality_code": "180"}, "municipality_code is four digits"),
        ("persons", {"protected_identity": None}, "protected_identity is always there"),
        (
            "placements",
            {"placing_municipality_code": "Stockholm"},
            "placing_municipality_code is four digits",
        ),
        ("disputes", {"status": "closed"}, "status is a code of the contract"),
        ("disputes", {"billing_month": None}, "billing_month is always there"),
    ],
)
def test_one_bad_row_breaks_its_promise_and_no_other(
    feed: str, change: dict[str, Any], promise: str
) -> None:
    result = check_frame(FEEDS[feed], frame(feed, change))
    assert result.failures == [promise]


@pytest.mark.parametrize(
    ("feed", "change", "warning"),
    [
        (
            "messages",
            {"sent_at": datetime(1999, 1, 1)},  # noqa: DTZ001
            "sent_at lies in plausible years",
        ),
        (
            "stays",
            {"updated_at": datetime(2205, 1, 1)},  # noqa: DTZ001
            "updated_at lies in plausible years",
        ),
        ("messages", {"message_id": "message_id-7"}, "a file holds a key's version once"),
    ],
)
def test_what_is_only_strange_warns(feed: str, change: dict[str, Any], warning: str) -> None:
    result = check_frame(FEEDS[feed], frame(feed, change))
    assert result.success
    assert result.warnings == [warning]


def test_open_care_and_unregistered_persons_are_no_fault() -> None:
    in_hospital = {"discharged_at": None, "discharge_type": None}
    assert check_frame(FEEDS["stays"], frame("stays", in_hospital)).success
    assert check_frame(FEEDS["persons"], frame("persons", {"municipality_code": None})).success


def test_rows_set_aside_promise_nothing_but_their_number() -> None:
    aside = dict.fromkeys(ROWS["stays"]) | {"reason_code": "INVALID_CODE"}
    few, many = frame("stays", aside), frame("stays", aside, aside, aside)
    assert check_frame(FEEDS["stays"], few).warnings == []
    result = check_frame(FEEDS["stays"], many)
    assert result.success
    assert result.warnings == ["at most 2% of the rows are set aside"]


@pytest.mark.parametrize("name", ["person_id", "birth_date", "ground"])
def test_a_restricted_column_breaks_the_border(name: str) -> None:
    bad = frame("stays").assign(**{name: "x"})
    failures = check_frame(FEEDS["stays"], bad).failures
    assert failures == ["the columns are those of the lake, and no other"]


def test_an_unknown_feed_is_an_error(tmp_path: Any) -> None:
    with pytest.raises(LusError, match="no feed invoices"):
        check_delivered(Home(tmp_path), "invoices", date(2025, 1, 1), date(2025, 1, 2))


def test_days_without_files_promise_nothing(tmp_path: Any) -> None:
    home = Home(tmp_path).prepare()
    with Catalog.opened(home):
        pass
    result = check_delivered(home, "stays", date(2025, 1, 1), date(2025, 1, 2))
    assert (result.success, result.expectations) == (True, [])


def test_a_file_that_does_not_count_is_a_warning(tmp_path: Path) -> None:
    county = County(tmp_path)
    county.deliver("stays", to_csv([row("stays")]))
    assert check_delivered(county.home, "stays", DAY, DAY).warnings == []
    county.deliver("stays", b"no\nheader\n", "broken.csv")
    result = check_delivered(county.home, "stays", DAY, DAY)
    assert "no file was set aside whole or refused" in result.warnings
    assert result.success


def test_a_file_that_is_refused_is_a_warning(tmp_path: Path) -> None:
    county = County(tmp_path)
    county.deliver("stays", to_csv([row("stays")]))
    county.deliver("stays", to_csv([row("stays", stay_id="another")]))
    warnings = check_delivered(county.home, "stays", DAY, DAY).warnings
    assert warnings == ["no file was set aside whole or refused"]


def test_a_large_range_is_never_in_memory_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A part is let go before the next is read."""
    read: list[weakref.ref[pd.DataFrame]] = []

    def frames(*_: object) -> Iterator[pd.DataFrame]:
        for _ in range(4):
            frame = pd.DataFrame({"reason_code": [None]})
            read.append(weakref.ref(frame))
            yield frame
            del frame

    alive: list[int] = []

    def check(_: Feed, frame: pd.DataFrame) -> Iterator[Checked]:
        alive.append(sum(each() is not None for each in read))
        yield Checked(f"{len(frame)} row", holds=True)

    monkeypatch.setattr(delivered, "_frames", frames)
    monkeypatch.setattr(delivered, "_check", check)
    home = Home(tmp_path).prepare()
    check_delivered(home, "stays", date(2024, 1, 1), date(2024, 1, 31))
    assert alive == [1, 1, 1, 1]
