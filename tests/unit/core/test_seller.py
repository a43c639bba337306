"""The region as a seller: all optional, what is given is checked, VAT rules hold together."""

from pathlib import Path
from typing import Any

import pytest

from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.core.seller import Seller, Vat
from lus_assets.core.settings import load_settings


def seller_of(folder: Path, **given: Any) -> Seller:
    home = Home(folder).prepare()
    values = "\n".join(f"{name} = {_toml(value)}" for name, value in given.items())
    (home.region / "settings.toml").write_text(f"[seller]\n{values}\n", encoding="utf-8")
    seller = load_settings(home).seller
    assert seller is not None
    return seller


def _toml(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool | int) else f'"{value}"'


def refusal(folder: Path, **given: Any) -> LusError:
    with pytest.raises(LusError) as refused:
        seller_of(folder, **given)
    assert refused.value.where.endswith("settings.toml")
    return refused.value


def test_without_a_table_there_is_no_seller(tmp_path: Path) -> None:
    assert load_settings(Home(tmp_path)).seller is None


def test_an_empty_table_has_thirty_days_and_exempt_vat_as_an_assumption(tmp_path: Path) -> None:
    seller = seller_of(tmp_path)
    assert seller == Seller()
    assert seller.payment_terms_days == 30
    assert seller.vat == Vat("E", 0, "Undantag från mervärdesskatt", is_assumption=True)


def test_numbers_come_in_the_form_of_documents(tmp_path: Path) -> None:
    seller = seller_of(
        tmp_path,
        name=" Region Provlandet ",
        organisation_number="232100-0016",
        electronic_address="232100-0016",
        vat_id="SE 2321000016 01",
        bankgiro="991-2346",
        plusgiro="90 20 03-3",
        iban="SE35 5000 0000 0549 1000 0003",
    )
    assert seller.name == "Region Provlandet"
    assert (seller.organisation_number, seller.electronic_address) == ("2321000016",) * 2
    assert (seller.vat_id, seller.bankgiro) == ("SE232100001601", "9912346")
    assert (seller.plusgiro, seller.iban) == ("9020033", "SE3550000000054910000003")


def test_an_address_can_be_a_gln(tmp_path: Path) -> None:
    seller = seller_of(
        tmp_path, electronic_address_scheme="0088", electronic_address="7350053850019"
    )
    assert seller.electronic_address == "7350053850019"


@pytest.mark.parametrize(
    ("category", "percent", "reason"),
    [
        *(("E", 0, "Undantag från mervärdesskatt"), ("O", 0, "Omfattas inte av mervärdesskatt")),
        *(("Z", 0, ""), ("S", 25, "")),
    ],
)
def test_a_category_that_is_set_is_no_assumption(
    tmp_path: Path, category: str, percent: int, reason: str
) -> None:
    seller = seller_of(tmp_path, vat_category=category, vat_percent=percent)
    assert seller.vat == Vat(category, percent, reason, is_assumption=False)


def test_a_reason_of_ones_own_replaces_ours(tmp_path: Path) -> None:
    reason = "Undantag enligt 10 kap. mervärdesskattelagen"
    assert seller_of(tmp_path, vat_exemption_reason=reason).vat.exemption_reason == reason


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ({"nam": "x"}, "'seller.nam' is no setting"),
        ({"name": 5}, "'seller.name' has the wrong type"),
        ({"payment_terms_days": "30"}, "'seller.payment_terms_days' has the wrong type"),
        ({"approved_for_f_tax": 1}, "'seller.approved_for_f_tax' has the wrong type"),
        ({"payment_terms_days": 366}, "'seller.payment_terms_days' is out of bounds"),
        ({"city": "a\\u0007b"}, "'seller.city' holds a character that cannot be printed"),
        ({"organisation_number": "232100-0017"}, "'seller.organisation_number' is no such number"),
        ({"bankgiro": "991-2347"}, "'seller.bankgiro' is no such number"),
        ({"plusgiro": "1-9"}, "'seller.plusgiro' is no such number"),
        ({"iban": "SE3650000000054910000003"}, "'seller.iban' is no such number"),
        ({"vat_id": "SE1"}, "'seller.vat_id' is no such number"),
        ({"electronic_address": "7350053850019"}, "'seller.electronic_address' is no such number"),
        (
            {"electronic_address_scheme": "0184"},
            "'seller.electronic_address_scheme' is none of the known values",
        ),
        ({"vat_category": "AE"}, "'seller.vat_category' is none of the known values"),
        ({"vat_category": "S"}, "'seller.vat_percent' does not fit the VAT category"),
        (
            {"vat_category": "S", "vat_percent": 7},
            "'seller.vat_percent' does not fit the VAT category",
        ),
        ({"vat_percent": 25}, "'seller.vat_percent' does not fit the VAT category"),
        (
            {"vat_category": "Z", "vat_exemption_reason": "x"},
            "'seller.vat_exemption_reason' does not fit the VAT category",
        ),
    ],
)
def test_what_cannot_be_right_is_refused_by_name(
    tmp_path: Path, given: dict[str, Any], what: str
) -> None:
    assert refusal(tmp_path, **given).what == f"setting {what}"


def test_a_seller_that_is_no_table_is_refused(tmp_path: Path) -> None:
    home = Home(tmp_path).prepare()
    (home.region / "settings.toml").write_text('seller = "Region"\n', encoding="utf-8")
    with pytest.raises(LusError, match="'seller' has the wrong type"):
        load_settings(home)
