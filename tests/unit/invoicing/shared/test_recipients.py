"""Whom a municipality's invoices go to: dated, checked, never two at once."""

from datetime import date
from pathlib import Path

import pytest

from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.invoicing.shared.recipients import InvoiceRecipient, load_recipients, recipient_on
from lus_assets.warehouse.own_rows import load_own_rows

HEADER = "municipality_code,valid_from,valid_to,recipient_name,organisation_number"


def load(folder: Path, *rows: str, header: str = HEADER) -> list[InvoiceRecipient]:
    home = Home(folder).prepare()
    text = "\n".join((header, *rows)) + "\n"
    (home.region / "invoice_recipient.csv").write_text(text, encoding="utf-8")
    return load_recipients(home)


def refusal(folder: Path, *rows: str, header: str = HEADER) -> LusError:
    with pytest.raises(LusError) as refused:
        load(folder, *rows, header=header)
    return refused.value


def test_a_home_without_the_file_has_no_recipients(tmp_path: Path) -> None:
    assert load_recipients(Home(tmp_path).prepare()) == []


def test_a_row_comes_with_its_numbers_in_one_form(tmp_path: Path) -> None:
    header = HEADER + (
        ",vat_id,electronic_address_scheme,electronic_address,buyer_reference,order_reference,"
        "street,postal_code,city,country"
    )
    row = (
        '0188,2024-01-01,2024-12-31,"Kommunalförbundet, Prov",222099-9995,SE222099999501,0088,'
        "7350053850019,LUS-0188,4711,Box 1,123 45,Norrtälje,SE"
    )
    assert load(tmp_path, row, header=header) == [
        InvoiceRecipient(
            municipality_code="0188",
            valid_from=date(2024, 1, 1),
            valid_to=date(2024, 12, 31),
            recipient_name="Kommunalförbundet, Prov",
            organisation_number="2220999995",
            vat_id="SE222099999501",
            electronic_address_scheme="0088",
            electronic_address="7350053850019",
            buyer_reference="LUS-0188",
            order_reference="4711",
            street="Box 1",
            postal_code="123 45",
            city="Norrtälje",
            country="SE",
        )
    ]


def test_what_is_left_out_is_empty_in_sweden_and_addressed_by_organisation_number(
    tmp_path: Path,
) -> None:
    (recipient,) = load(tmp_path, "0188,2024-01-01,,Prov,2220999995")
    assert (recipient.country, recipient.electronic_address_scheme) == ("SE", "0007")
    assert recipient.valid_to is None
    assert (recipient.electronic_address, recipient.buyer_reference, recipient.city) == ("",) * 3


@pytest.mark.parametrize(
    ("on", "name"),
    [
        (date(2023, 12, 31), None),
        (date(2024, 1, 1), "Kommunen"),
        (date(2024, 6, 30), "Kommunen"),
        (date(2024, 7, 1), "Förbundet"),
        (date(2030, 1, 1), "Förbundet"),
    ],
)
def test_the_day_of_issue_decides_whom_and_both_ends_are_included(
    tmp_path: Path, on: date, name: str | None
) -> None:
    recipients = load(
        tmp_path,
        "0188,2024-07-01,,Förbundet,2220999995",
        "0114,2020-01-01,,En annan,2220999995",
        "0188,2024-01-01,2024-06-30,Kommunen,2120999996",
    )
    found = recipient_on(recipients, "0188", on)
    assert (found.recipient_name if found else None) == name
    assert recipient_on(recipients, "0180", on) is None


@pytest.mark.parametrize(
    ("row", "what"),
    [
        ("188,2024-01-01,,Prov,2220999995", "municipality_code is not four digits"),
        ("0188,2024-13-01,,Prov,2220999995", "valid_from cannot be read as date"),
        ("0188,,,Prov,2220999995", "valid_from is empty"),
        ("0188,2024-01-01,2023-12-31,Prov,2220999995", "valid_to is before valid_from"),
        ("0188,2024-01-01,,,2220999995", "recipient_name is empty"),
        ("0188,2024-01-01,,Prov,", "organisation_number is empty"),
        (
            "0188,2024-01-01,,Prov,2220999996",
            "organisation_number is no such number, or its check digit is wrong",
        ),
        ("0188,2024-01-01,,Pr\x07ov,2220999995", "recipient_name holds a character that cannot be"),
    ],
)
def test_a_broken_row_is_refused_with_file_row_and_column_and_without_its_value(
    tmp_path: Path, row: str, what: str
) -> None:
    error = refusal(tmp_path, "0114,2020-01-01,,En annan,2120999996", row)
    assert error.what.startswith(what)
    assert error.where.endswith("invoice_recipient.csv, row 2")
    assert row not in str(error)


@pytest.mark.parametrize(
    ("column", "value", "what"),
    [
        ("electronic_address", "2220999996", "electronic_address is no such number"),
        ("electronic_address", "7350053850019", "electronic_address is no such number"),
        ("electronic_address_scheme", "0184", "electronic_address_scheme is none of the known"),
        ("vat_id", "SE1", "vat_id is no such number"),
        ("country", "Sverige", "country is not two capital letters"),
    ],
)
def test_an_optional_value_that_is_given_must_be_right(
    tmp_path: Path, column: str, value: str, what: str
) -> None:
    row = f"0188,2024-01-01,,Prov,2220999995,{value}"
    error = refusal(tmp_path, row, header=f"{HEADER},{column}")
    assert error.what.startswith(what)
    assert value not in error.what


def test_an_unknown_column_is_refused(tmp_path: Path) -> None:
    error = refusal(tmp_path, header=f"{HEADER},kommentar")
    assert error.what == "unknown column: kommentar"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("2024-01-01,", "2024-07-01,"),
        ("2024-01-01,2024-07-01", "2024-07-01,"),
        ("2024-01-01,2024-12-31", "2024-01-01,2024-01-01"),
    ],
)
def test_two_recipients_on_one_day_are_refused(tmp_path: Path, first: str, second: str) -> None:
    rows = [f"0188,{dates},Prov,2220999995" for dates in (first, second)]
    error = refusal(tmp_path, *rows)
    assert error.what.startswith("valid_from lies within another row")
    assert ", row " in error.where
    assert len(load(tmp_path, rows[0], rows[1].replace("0188", "0114"))) == 2


def test_the_file_is_among_the_tables_that_a_region_can_add(tmp_path: Path) -> None:
    load(tmp_path, "0188,2024-01-01,,Prov,2220999995")
    assert all(table.rows == [] for table in load_own_rows(Home(tmp_path)))
