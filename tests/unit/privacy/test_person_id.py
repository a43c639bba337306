from datetime import date

import pytest

from lus_assets.privacy.person_id import holds_person_id, normalise
from tests.unit.privacy.numbers import PERSONNUMMER, SAMORDNINGSNUMMER

ON = date(2024, 5, 1)


def one(written: str, on_date: date = ON) -> tuple[str, str, bool]:
    (row,) = normalise([written], on_date).to_pylist()
    assert row["person_id"] == written
    return row["normalised_id"], row["person_id_kind"], row["is_check_digit_wrong"]


@pytest.mark.parametrize("number", PERSONNUMMER)
def test_twelve_digits_are_kept(number: str):
    assert one(number) == (number, "personnummer", False)


@pytest.mark.parametrize("number", SAMORDNINGSNUMMER)
def test_a_day_plus_sixty_is_a_samordningsnummer(number: str):
    assert one(number) == (number, "samordningsnummer", False)


@pytest.mark.parametrize("separator", ["-", "+", " ", ""])
def test_twelve_digits_may_have_a_separator(separator: str):
    number = PERSONNUMMER[3]
    assert one(number[:8] + separator + number[8:]) == (number, "personnummer", False)


@pytest.mark.parametrize(
    ("written", "on_date", "normalised"),
    [
        ("790418-2396", ON, "197904182396"),
        ("7904182396", ON, "197904182396"),
        (" 790418-2396\t", ON, "197904182396"),
        ("110925-2385", ON, "201109252385"),
        # not yet born in this century, so born in the last
        ("110925-2385", date(2011, 9, 24), "191109252385"),
        ("110925-2385", date(2011, 9, 25), "201109252385"),
        # plus: turned a hundred, or turns it this year
        ("290320+9175", date(2029, 1, 1), "192903209175"),
        ("290320+9175", date(2028, 12, 31), "182903209175"),
        ("110925+2385", ON, "191109252385"),
        # a leap day that only one century has
        ("000229-1234", ON, "200002291234"),
    ],
)
def test_the_century_follows_from_the_delivery_date(written: str, on_date: date, normalised: str):
    assert one(written, on_date)[0] == normalised


def test_a_wrong_check_digit_is_kept_and_flagged():
    assert one("197904182397") == ("197904182397", "personnummer", True)
    assert one("140665-2387") == ("201406652387", "samordningsnummer", True)


@pytest.mark.parametrize(
    "written",
    [
        "R10112",
        "19790418-239",
        "197913182396",
        "197902302396",
        "197904002396",
        "197904922396",
        "217904182396",
        "000229+1234",
        "1979041823960",
        "19-790418-2396",
        "19790418TF01",
        "NA",
        "null",
        "007",
        "a b",
        'O\'Brien "x"',
        "１９７９０４１８２３９６",
    ],
)
def test_anything_else_is_a_reserve_number_kept_as_written(written: str):
    assert one(f"  {written} ") == (written, "reserve", False)


@pytest.mark.parametrize(
    "text",
    [
        "197904182396",
        "790418-2396",
        "790418 2396",
        "ward of 19790418-2396, bed 3",
        "1234 790418+2396x",
        "999999 7904182396",
        SAMORDNINGSNUMMER[0],
    ],
)
def test_a_text_holds_a_valid_person_id(text: str):
    assert holds_person_id([text]) == [True]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ward 12",
        "197904182397",
        "1979041823960",
        "5197904182396",
        "197913182396",
        "790418--2396",
        "790418-2396" + "7",
    ],
)
def test_a_text_holds_none(text: str):
    assert holds_person_id([text]) == [False]
