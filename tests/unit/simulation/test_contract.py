"""What is delivered holds to the landing contract, every feed and every day."""

import re
from datetime import date, timedelta

import pytest

from .conftest import FIRST, LAST, County

COLUMNS = {
    "stays": "stay_id person_id hospital_unit care_type legal_basis admission_type admitted_at"
    " discharged_at discharge_type to_open_compulsory_care updated_at",
    "messages": "message_id stay_id message_type sent_at sender_unit sender_role"
    " cancels_message_id needs need_assessed_at planned_discharge_at status refers_to_message_id",
    "persons": "person_id birth_date municipality_code district_code protected_identity valid_from",
    "placements": "placement_id person_id placing_municipality_code staying_municipality_code"
    " legal_basis housing valid_from valid_to",
    "disputes": "dispute_id episode_id municipality_code billing_month ground status raised_at"
    " updated_at",
}
CODES = {
    ("stays", "care_type"): "somatic psychiatric",
    ("stays", "legal_basis"): "hsl lpt lrv",
    ("stays", "admission_type"): "planned unplanned",
    ("stays", "discharge_type"): "home special_housing transferred deceased other",
    ("stays", "to_open_compulsory_care"): "true",
    ("messages", "message_type"): "admission_notice planned_discharge_changed"
    " permanent_contact_named sip_call ready_notice ready_withdrawn care_plan_drawn_up consent"
    " outpatient_services receipt discharge_information cancellation",
    ("messages", "sender_role"): "inpatient outpatient municipality",
    ("messages", "needs"): "municipality region both",
    ("messages", "status"): "given declined available unavailable unclear",
    ("placements", "legal_basis"): "sol lss",
    ("placements", "housing"): "special_service other",
}
REQUIRED = {
    "stays": "stay_id person_id hospital_unit care_type admission_type admitted_at updated_at",
    "messages": "message_id stay_id message_type sent_at sender_unit sender_role",
    "persons": "person_id valid_from",
    "placements": "placement_id person_id placing_municipality_code staying_municipality_code"
    " legal_basis housing valid_from",
}
TIMES = {
    "stays": "admitted_at discharged_at updated_at",
    "messages": "sent_at need_assessed_at planned_discharge_at",
}
STAMP = r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(Z|\+0[12]:00)?"


@pytest.mark.parametrize("feed", COLUMNS)
def test_every_day_has_a_file_with_the_contracts_columns(faultless: County, feed: str) -> None:
    day = FIRST
    while day <= LAST:
        with (faultless.path / feed / str(day) / "delivery.csv").open(encoding="utf-8") as file:
            assert file.readline().strip() == ",".join(COLUMNS[feed].split())
        day += timedelta(days=1)
    assert len(list((faultless.path / feed).iterdir())) == faultless.report.days


@pytest.mark.parametrize(("feed", "column"), CODES)
def test_codes_are_those_of_the_contract_and_all_occur(
    faultless: County, feed: str, column: str
) -> None:
    seen = {value for (value,) in faultless.feed(feed, f'"{column}"').distinct().fetchall()}
    only_by_fault = {"transferred", "ready_withdrawn", "cancellation"}
    only_by_fault |= {"declined", "unavailable", "unclear"}
    assert seen - {None} == set(CODES[feed, column].split()) - only_by_fault


@pytest.mark.parametrize("feed", REQUIRED)
def test_required_values_are_there(faultless: County, feed: str) -> None:
    where = " or ".join(f"{column} is null" for column in REQUIRED[feed].split())
    assert faultless.feed(feed).filter(where).fetchall() == []


@pytest.mark.parametrize("feed", TIMES)
def test_timestamps_are_iso_in_every_style(faultless: County, feed: str) -> None:
    endings: set[str] = set()
    for column in TIMES[feed].split():
        for (text,) in faultless.feed(feed, column).distinct().fetchall():
            if text is not None:
                assert re.fullmatch(STAMP, text), text
                endings.add(text[16:].lstrip(":0123456789")[:3] or text[16:17])
    assert endings == {"", ":", "Z", "+01", "+02"}


def test_a_folder_holds_what_happened_that_day_and_the_first_what_happened_before(
    faultless: County,
) -> None:
    for feed, column in (("stays", "updated_at"), ("messages", "sent_at")):
        rows = faultless.feed(
            feed,
            f"""folder::date as folder,
            case when right({column}, 1) = 'Z' or {column} like '%+0_:00'
                then {column}::timestamptz at time zone 'Europe/Stockholm'
                else {column}::timestamp end::date as happened""",
        )
        wrong = rows.filter("folder <> happened and folder > date '2023-12-01'")
        assert wrong.fetchall() == []
        assert rows.filter("happened < folder").fetchall(), "nobody was in hospital at the start"
        assert rows.filter("happened > folder").fetchall() == []


def test_a_discharge_comes_with_its_type_and_after_the_admission(faultless: County) -> None:
    stays = faultless.feed("stays")
    assert stays.filter("(discharged_at is null) <> (discharge_type is null)").fetchall() == []
    assert stays.filter("left(discharged_at, 16) <= left(admitted_at, 16)").fetchall() == []
    versions = stays.aggregate("stay_id, count(*) as n, count(discharged_at) as ends")
    assert set(versions.project("n, ends").distinct().fetchall()) == {(1, 0), (2, 1)}


def test_nearly_every_patient_is_in_the_register_from_the_first_stay_on(faultless: County) -> None:
    same_person = "right(replace(replace(person_id, '-', ''), '+', ''), 10)"
    columns = f"{same_person} as who, folder"
    first = dict(faultless.feed("stays", columns).aggregate("who, min(folder)").fetchall())
    known = dict(faultless.feed("persons", columns).aggregate("who, min(folder)").fetchall())
    assert all(first[who] >= folder for who, folder in known.items())
    assert 0 < len(first) - len(known) < 0.01 * len(first)


def test_disputes_come_between_the_6th_and_the_25th_of_the_next_month(faulty: County) -> None:
    rows = faulty.feed("disputes", "billing_month, raised_at, updated_at").fetchall()
    assert rows
    for month, raised, updated in rows:
        start = date.fromisoformat(f"{month}-28") + timedelta(days=4)
        review = start.replace(day=5)
        for moment in (raised, updated):
            assert 1 <= (date.fromisoformat(moment[:10]) - review).days <= 20


def test_municipality_codes_are_text_of_four_digits_and_districts_are_stockholms(
    faultless: County,
) -> None:
    rows = faultless.feed("persons", "municipality_code, district_code").distinct().fetchall()
    codes = {code for code, _ in rows}
    assert all(code is None or re.fullmatch(r"\d{4}", code) for code in codes)
    assert len({code for code in codes if code and code.startswith("01")}) == 26
    assert {None, "0380"} <= codes
    assert all((code == "0180") == (district is not None) for code, district in rows)
    names = {district for _, district in rows}
    assert {"Järva", "Norra innerstaden", "Hägersten-Älvsjö"} <= names
    assert not {"Norrmalm", "Älvsjö", "Rinkeby-Kista"} & names
