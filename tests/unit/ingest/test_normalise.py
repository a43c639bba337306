"""What each value means, and the reason of a row that cannot be understood."""

import pytest

from lus_assets.ingest.codes import ANOMALY_TEXTS, REASON_TEXTS, AnomalyCode, ReasonCode
from lus_assets.ingest.contract import FEEDS, ColumnType
from lus_assets.privacy import vault
from tests.unit.ingest.support import ALL_FEEDS, VALID, County, reasons, row, to_csv
from tests.unit.privacy.numbers import PERSONNUMMER, SAMORDNINGSNUMMER


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
        ("placements", [{"valid_to": "2023-13-31"}]),
        ("disputes", [{"billing_month": each} for each in ("2024-13", "2024-02-01", "2024-2")]),
    ],
)
def test_an_impossible_date_sets_its_row_aside(
    county: County, feed: str, impossible: list[dict[str, str]]
):
    assert reasons(county, feed, impossible) == ["INVALID_DATE"] * len(impossible)


def test_a_placement_that_ends_before_it_begins_is_kept(county: County):
    """input.md sets only unreadable dates aside: this is how a placement is taken back."""
    assert reasons(county, "placements", [{"valid_to": "2023-12-31"}]) == [None]


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
