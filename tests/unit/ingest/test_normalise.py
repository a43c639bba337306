"""What each value means, and the reason of a row that cannot be understood."""
# ruff: noqa: DTZ001 - the lake's timestamps are local clock time without a zone

from datetime import date, datetime

import pytest

from lus_assets.ingest.codes import ANOMALY_TEXTS, REASON_TEXTS, AnomalyCode, ReasonCode
from lus_assets.ingest.contract import FEEDS, ColumnType
from lus_assets.privacy import vault
from tests.unit.ingest.support import ALL_FEEDS, VALID, County, row, to_csv
from tests.unit.privacy.numbers import PERSONNUMMER, SAMORDNINGSNUMMER


def reasons(county: County, feed: str, rows: list[dict[str, str]]) -> list[str | None]:
    """The reason of each of a feed's rows, written as changes of a valid one; in one delivery."""
    county.deliver(feed, to_csv([row(feed, **changes) for changes in rows]))
    return county.reasons(feed)


def admitted(county: County, written: list[str]) -> dict[str, datetime | None]:
    """What each text is as a time of admission; none when its row was set aside."""
    rows = [{"admitted_at": each, "discharged_at": "", "discharge_type": ""} for each in written]
    assert set(reasons(county, "stays", rows)) <= {None, "INVALID_TIMESTAMP"}
    kept = [each["admitted_at"] for each in county.lake("stays")]
    return dict(zip(written, kept, strict=True))


LOCAL = {
    "2024-01-15T10:00": datetime(2024, 1, 15, 10),
    "2024-01-15 10:00:30": datetime(2024, 1, 15, 10, 0, 30),
    "2024-01-15T10:00:30.5": datetime(2024, 1, 15, 10, 0, 30, 500_000),
    "2024-01-15T10:00:30,123456789": datetime(2024, 1, 15, 10, 0, 30, 123_456),
    "2024-01-15T10:00Z": datetime(2024, 1, 15, 11),
    "2024-07-15T10:00Z": datetime(2024, 7, 15, 12),
    "2024-07-15T10:00+02:00": datetime(2024, 7, 15, 10),
    "2024-07-15T10:00+0200": datetime(2024, 7, 15, 10),
    "2024-07-15T10:00+02": datetime(2024, 7, 15, 10),
    "2024-07-15 10:00:00.25-05:30": datetime(2024, 7, 15, 17, 30, 0, 250_000),
    "2024-12-31T23:30Z": datetime(2025, 1, 1, 0, 30),
    # the night when clocks go forward: two o'clock becomes three
    "2024-03-31T00:59Z": datetime(2024, 3, 31, 1, 59),
    "2024-03-31T01:00Z": datetime(2024, 3, 31, 3, 0),
    "2024-03-31T01:59+01:00": datetime(2024, 3, 31, 1, 59),
    "2024-03-31T03:00+02:00": datetime(2024, 3, 31, 3, 0),
    "2024-03-31T02:30": datetime(2024, 3, 31, 2, 30),  # never was; kept as written
    # the night when they go back: two to three comes twice
    "2024-10-27T00:30Z": datetime(2024, 10, 27, 2, 30),
    "2024-10-27T01:30Z": datetime(2024, 10, 27, 2, 30),
    "2024-10-27T02:30+02:00": datetime(2024, 10, 27, 2, 30),
    "2024-10-27T02:30+01:00": datetime(2024, 10, 27, 2, 30),
    "2024-10-27T02:30": datetime(2024, 10, 27, 2, 30),
}

UNREADABLE = [
    "2024-01-15",
    "2024-01-15T",
    "2024-01-15T10",
    "2024-01-15T24:00",
    "2024-01-15T25:00",
    "2024-01-15T10:60",
    "2024-01-15T10:00:60",
    "2024-02-30T10:00",
    "2024-13-01T10:00",
    "2024-1-15T10:00",
    "15/01/2024 10:00",
    "2024-01-15T10:00 +02:00",
    "2024-01-15T10:00+25:00",
    "2024-01-15T10:00+02:75",
    "2024-01-15t10:00",
    "2024-01-15  10:00",
    " 2024-01-15T10:00",
    "2024-01-15T10:00z",
    "20240115T1000",
    "1705312800",
    "0001-01-01T00:00:00",
    "9999-12-31T23:59Z",
    "now",
    "infinity",
]


def test_a_timestamp_is_local_clock_time(county: County):
    assert admitted(county, list(LOCAL)) == LOCAL


def test_an_unreadable_timestamp_sets_its_row_aside(county: County):
    assert admitted(county, UNREADABLE) == dict.fromkeys(UNREADABLE)


def test_offsets_may_change_within_a_file(county: County):
    written = ["2024-10-27T00:30:00Z", "2024-10-27T02:30:00+01:00", "2024-10-27T02:30", ""]
    county.deliver(
        "messages",
        to_csv([row("messages", message_id=f"M{n}", sent_at=at) for n, at in enumerate(written)]),
    )
    assert [each["sent_at"] for each in county.lake("messages")] == [
        datetime(2024, 10, 27, 2, 30)
    ] * 3 + [None]
    assert county.reasons("messages")[3] == "MISSING_VALUE"


def test_a_dispute_may_say_the_day_only(county: County):
    county.deliver("disputes", to_csv([row("disputes")]))
    (kept,) = county.lake("disputes")
    assert kept["raised_at"] == datetime(2024, 3, 10)
    assert kept["billing_month"] == date(2024, 2, 1)
    assert "ground" not in kept


@pytest.mark.parametrize("feed", ALL_FEEDS)
def test_every_required_value_is_required(county: County, feed: str):
    names = FEEDS[feed].required_names
    rows = [row(feed, **{name: empty}) for name in names for empty in (None, "")]
    county.deliver(feed, to_csv(rows))
    assert county.reasons(feed) == ["MISSING_VALUE"] * len(rows)


@pytest.mark.parametrize("feed", ALL_FEEDS)
def test_every_code_is_of_a_closed_set_and_case_sensitive(county: County, feed: str):
    types = (ColumnType.CODE, ColumnType.MUNICIPALITY, ColumnType.FLAG)
    names = [column.name for column in FEEDS[feed].columns_of(*types)]
    wrong = ("Home", "x", "180", "01800", "0180 ", "TRUE", "1", "٠١٨٠")
    rows = [row(feed, **{name: value}) for name in names for value in wrong]
    county.deliver(feed, to_csv(rows or [row(feed)]))
    assert set(county.reasons(feed)) == {"INVALID_CODE"}


@pytest.mark.parametrize("feed", ALL_FEEDS)
def test_every_code_listed_is_known(county: County, feed: str):
    rows = [
        row(feed, **{column.name: code})
        for column in FEEDS[feed].columns_of(ColumnType.CODE)
        for code in column.codes
        if (feed, column.name) not in (("messages", "message_type"), ("messages", "status"))
    ]
    county.deliver(feed, to_csv(rows or [row(feed)]))
    assert set(county.reasons(feed)) == {None}


@pytest.mark.parametrize(
    ("feed", "impossible"),
    [
        (
            "persons",
            [
                {"valid_from": "2024-1-5"},
                {"valid_from": "2024-02-30"},
                {"valid_from": "2024-01-05T00:00"},
                {"birth_date": "19790418"},
                {"birth_date": "0001-01-01"},
            ],
        ),
        ("placements", [{"valid_to": "2023-12-31"}]),
        ("disputes", [{"billing_month": each} for each in ("2024-13", "2024-02-01", "2024-2")]),
    ],
)
def test_an_impossible_date_sets_its_row_aside(
    county: County, feed: str, impossible: list[dict[str, str]]
):
    assert reasons(county, feed, impossible) == ["INVALID_DATE"] * len(impossible)


MESSAGES: list[tuple[dict[str, str], str | None]] = [
    ({"message_type": "letter"}, "INVALID_CODE"),
    ({"message_type": "Ready_notice"}, "INVALID_CODE"),
    ({"message_type": "consent"}, "MISSING_VALUE"),
    ({"message_type": "consent", "status": "given"}, None),
    ({"message_type": "consent", "status": "available"}, "INVALID_CODE"),
    ({"message_type": "outpatient_services"}, "MISSING_VALUE"),
    ({"message_type": "outpatient_services", "status": "unclear"}, None),
    ({"message_type": "outpatient_services", "status": "declined"}, "INVALID_CODE"),
    ({"message_type": "cancellation"}, "MISSING_VALUE"),
    ({"message_type": "cancellation", "cancels_message_id": "M0"}, None),
    ({"message_type": "receipt"}, "MISSING_VALUE"),
    ({"message_type": "receipt", "refers_to_message_id": "M0"}, None),
    ({"message_type": "sip_call", "cancels_message_id": "M0"}, None),
]


def test_a_message_says_what_its_type_needs(county: County):
    found = reasons(county, "messages", [changes for changes, _ in MESSAGES])
    assert found == [expected for _, expected in MESSAGES]


STAYS: list[tuple[dict[str, str], str | None]] = [
    ({"discharge_type": ""}, "MISSING_VALUE"),
    ({"discharged_at": "nonsense", "discharge_type": ""}, "MISSING_VALUE"),
    ({"discharged_at": "2024-02-01T09:59"}, "DISCHARGE_BEFORE_ADMISSION"),
    ({"discharged_at": "2024-02-01T10:00"}, None),
    # local clock time decides, whatever the offsets
    ({"discharged_at": "2024-02-01T09:30Z", "admitted_at": "2024-02-01T10:30+01:00"}, None),
    ({"hospital_unit": "  "}, "MISSING_VALUE"),
    ({"stay_id": " "}, "MISSING_VALUE"),
    ({"person_id": " \t"}, "MISSING_VALUE"),
]


def test_a_stay_makes_sense(county: County):
    found = reasons(county, "stays", [changes for changes, _ in STAYS])
    assert found == [expected for _, expected in STAYS]


@pytest.mark.parametrize(
    ("feed", "name"),
    [
        ("stays", "hospital_unit"),
        ("messages", "sender_unit"),
        ("disputes", "ground"),
        ("persons", "district_code"),
    ],
)
def test_a_person_id_in_a_text_sets_the_row_aside(county: County, feed: str, name: str):
    number = PERSONNUMMER[4]
    texts = [number, f"x {number[2:8]}-{number[8:]}", SAMORDNINGSNUMMER[1], "198408042384"]
    county.deliver(feed, to_csv([row(feed, **{name: text}) for text in texts]))
    assert county.reasons(feed) == ["PERSON_ID_ELSEWHERE"] * 3 + [None]


def test_of_several_faults_the_first_in_the_order_of_codes_is_told(county: County):
    faults = {
        "hospital_unit": PERSONNUMMER[0],
        "discharged_at": "2024-01-01T00:00",
        "care_type": "x",
        "updated_at": "x",
        "admission_type": "",
    }
    found = []
    rows = []
    while faults:
        rows.append(row("stays", **faults))
        faults.popitem()
    county.deliver("stays", to_csv(rows))
    found = county.reasons("stays")
    order = [None, *ReasonCode]
    assert found == [
        "MISSING_VALUE",
        "INVALID_TIMESTAMP",
        "INVALID_CODE",
        "DISCHARGE_BEFORE_ADMISSION",
        "PERSON_ID_ELSEWHERE",
    ]
    assert [order.index(each) for each in found] == sorted(order.index(each) for each in found)


def test_a_quarantined_row_keeps_no_value(county: County):
    county.deliver("stays", to_csv([row("stays", care_type="x")]))
    (kept,) = county.lake("stays")
    kept = {name: value for name, value in kept.items() if value is not None}
    assert set(kept) == {"file_version_id", "row_number", "reason_code"}


def test_defaults_stand_for_empty_values_and_hash_alike(county: County):
    filled = row("stays", legal_basis="hsl", to_open_compulsory_care="false")
    empty = row("stays", legal_basis="", to_open_compulsory_care=None)
    county.deliver("stays", to_csv([filled, empty]))
    first, second = county.lake("stays")
    assert (second["legal_basis"], second["to_open_compulsory_care"]) == ("hsl", False)
    assert first["row_hash"] == second["row_hash"]


@pytest.mark.parametrize("feed", ALL_FEEDS)
def test_every_column_changes_the_hash(county: County, feed: str):
    other = {
        ColumnType.KEY: "Z",
        ColumnType.TEXT: "Z",
        ColumnType.RESTRICTED_TEXT: "Z",
        ColumnType.MUNICIPALITY: "1280",
        ColumnType.TIMESTAMP: "2024-02-02T11:11",
        ColumnType.TIMESTAMP_OR_DATE: "2024-03-11",
        ColumnType.DATE: "2024-06-01",
        ColumnType.BIRTH_DATE: "1979-04-19",
        ColumnType.MONTH: "2024-01",
        ColumnType.FLAG: "true",
        ColumnType.PERSON_ID: PERSONNUMMER[5],
    }
    rows = [row(feed)]
    for column in FEEDS[feed].columns:
        codes = [code for code in column.codes if code != VALID[feed][column.name]]
        if column.name == "message_type":
            codes = ["sip_call"]
        changed = other.get(column.type) or codes[0]
        rows.append(row(feed, **{column.name: changed}))
    county.deliver(feed, to_csv(rows))
    assert set(county.reasons(feed)) == {None}
    assert len({each["row_hash"] for each in county.lake(feed)}) == len(rows)


def test_values_that_run_together_hash_apart(county: County):
    pairs = [("ab", "c"), ("a", "bc"), ("a:1", "c"), ("-", "x"), ("a", "")]
    rows = [
        row("messages", cancels_message_id=first, refers_to_message_id=second)
        for first, second in [*pairs, ("", "a")]
    ]
    county.deliver("messages", to_csv(rows))
    assert len({each["row_hash"] for each in county.lake("messages")}) == len(rows)


def test_the_same_person_has_one_key_however_written(county: County):
    number = PERSONNUMMER[3]
    ways = [number, number[2:], f"{number[2:8]}-{number[8:]}", f" {number[:8]}-{number[8:]} "]
    county.deliver("stays", to_csv([row("stays", person_id=each) for each in ways]))
    rows = county.lake("stays")
    assert len({(each["person_key"], each["row_hash"]) for each in rows}) == 1
    assert vault.person_ids(county.home, [rows[0]["person_key"]]) == {rows[0]["person_key"]: number}


def test_a_wrong_check_digit_is_reported_not_quarantined(county: County):
    (file,) = county.deliver("stays", to_csv([row("stays", person_id="197904182397")])).files
    assert (file.rows_quarantined, file.anomalies) == (0, {"PERSON_ID_CHECK_DIGIT": 1})
    assert county.lake("stays")[0]["anomaly_code"] == "PERSON_ID_CHECK_DIGIT"


def test_reserve_numbers_are_persons_too(county: County):
    ids = ["NA", "null", "007", "R 12", 'a"b']
    county.deliver("stays", to_csv([row("stays", person_id=each) for each in ids]))
    rows = county.lake("stays")
    assert {each["person_id_kind"] for each in rows} == {"reserve"}
    keys = [each["person_key"] for each in rows]
    assert [vault.person_ids(county.home, keys)[key] for key in keys] == ids


def test_every_code_says_what_it_means_and_what_to_do():
    assert set(REASON_TEXTS) == set(ReasonCode)
    assert set(ANOMALY_TEXTS) == set(AnomalyCode)
    assert all(
        text.meaning and text.todo for text in [*REASON_TEXTS.values(), *ANOMALY_TEXTS.values()]
    )
