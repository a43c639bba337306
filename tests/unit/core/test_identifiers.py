"""Numbers with a check of their own: the right ones in one form, every wrong digit found."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lus_assets.core import identifiers

Check = Callable[[str], str | None]


@pytest.mark.parametrize(
    ("check", "written", "number"),
    [
        # Region Stockholm and Stockholms stad, as they publish them
        (identifiers.organisation_number, "232100-0016", "2321000016"),
        (identifiers.organisation_number, " 2120000142 ", "2120000142"),
        (identifiers.vat_id, "SE232100001601", "SE232100001601"),
        (identifiers.vat_id, "se 232100-0016 01", "SE232100001601"),
        (identifiers.vat_id, "DK12345678", "DK12345678"),
        # check digit by hand: 7+5+0+3+5+0 = 20; 3*(3+0+5+8+0+1) = 51; 20 + 51 + 9 = 80
        (identifiers.gln, "7350053850019", "7350053850019"),
        (identifiers.bankgiro, "991-2346", "9912346"),
        (identifiers.bankgiro, "5050-1055", "50501055"),
        (identifiers.plusgiro, "90 20 03-3", "9020033"),
        (identifiers.plusgiro, "1-8", "18"),
        (identifiers.iban, "SE35 5000 0000 0549 1000 0003", "SE3550000000054910000003"),
    ],
)
def test_a_right_number_comes_in_the_form_of_documents(
    check: Check, written: str, number: str
) -> None:
    assert check(written) == number


@pytest.mark.parametrize(
    ("check", "written"),
    [
        *((identifiers.organisation_number, each) for each in ("", "232100-0017", "23210000-16")),
        *((identifiers.organisation_number, each) for each in ("16232100-0016", "２３21000016")),
        *(
            (identifiers.vat_id, each)
            for each in ("", "232100001601", "SE2321000016", "SE23210000170")
        ),
        *((identifiers.vat_id, each) for each in ("SE232100001701", "SE23210000160A")),
        *(
            (identifiers.gln, each)
            for each in ("", "7350053850010", "735005385001", "735005385001x")
        ),
        *((identifiers.bankgiro, each) for each in ("", "991-2347", "902003", "505010550")),
        *((identifiers.plusgiro, each) for each in ("", "0", "1-9", "123456782")),
        *((identifiers.iban, each) for each in ("", "SE3650000000054910000003", "5000", "SE35")),
    ],
)
def test_a_wrong_number_is_none(check: Check, written: str) -> None:
    assert check(written) is None


@pytest.mark.parametrize("person", ["19121212-1212", "121212-1212", "1212121212"])
def test_a_personal_identity_number_is_no_organisation_number(person: str) -> None:
    assert identifiers.organisation_number(person) is None


@given(st.integers(0, 9), st.integers(1, 9))
def test_any_one_digit_miswritten_is_found(place: int, step: int) -> None:
    right = "2321000016"
    digit = str((int(right[place]) + step) % 10)
    assert identifiers.organisation_number(right[:place] + digit + right[place + 1 :]) is None


def test_an_electronic_address_is_checked_by_its_scheme() -> None:
    assert identifiers.electronic_address("0007", "232100-0016") == "2321000016"
    assert identifiers.electronic_address("0088", "7350053850019") == "7350053850019"
    assert identifiers.electronic_address("0007", "7350053850019") is None
    assert identifiers.electronic_address("0088", "232100-0016") is None


def test_plain_text_has_no_control_characters() -> None:
    assert identifiers.is_plain_text("Håbo & Co, box\u00a01 <b>")
    assert not any(identifiers.is_plain_text(sign) for sign in "\n\x00\x1b\u200b\ud800\ufffe")
