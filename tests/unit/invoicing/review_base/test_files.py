"""The review base's files: what a controller sees, and that the CSV says the same."""

import csv
import io
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import openpyxl
import pytest

from lus_assets.invoicing.review_base.files import WORKBOOK, ReviewDocument, review_files
from tests.unit.invoicing.review_base.review_example import (
    CHANGED,
    EPISODES,
    MONTH,
    NO_SIP,
    PSYCHIATRIC_MONTH,
    SOMATIC,
    document,
    empty_document,
    episode,
    month_row,
)
from tests.unit.privacy.numbers import PERSONNUMMER

SHEETS = ["Sammanfattning", "Vårdtillfällen", "Anmärkningar", "Rättelser", "Regler", "Invändningar"]


def contents(given: ReviewDocument) -> dict[str, bytes]:
    return {file.name: file.content for file in review_files(given)}


def opened(given: ReviewDocument) -> Any:
    return openpyxl.load_workbook(io.BytesIO(contents(given)[WORKBOOK]))


def rows(sheet: Any, first: int = 1) -> list[dict[str, Any]]:
    """The rows below the headings of row `first`, by heading."""
    values = list(sheet.iter_rows(min_row=first, values_only=True))
    return [dict(zip(values[0], each, strict=True)) for each in values[1:]]


def texts(sheet: Any) -> str:
    return "\n".join(str(cell) for row in sheet.values for cell in row if cell is not None)


def fact(sheet: Any, label: str) -> Sequence[Any]:
    """The values right of a label of the summary."""
    return next(row[1:] for row in sheet.values if row[0] == label)


def from_csv(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def test_a_controller_finds_six_sheets_and_the_hidden_one_is_not_offered() -> None:
    book = opened(document())
    assert book.sheetnames == [*SHEETS, "lus"]
    assert book["lus"].sheet_state == "veryHidden"
    assert [dict(zip("kv", row[:2], strict=True))["v"] for row in book["lus"].values][:4] == [
        "granskningsunderlag 1",
        "0126",
        "2024-03",
        "1",
    ]


def test_the_summary_says_what_the_month_costs_by_both_readings() -> None:
    sheet = opened(document())["Sammanfattning"]
    assert fact(sheet, "Sista dag för invändningar")[0] == "26\u00a0april 2024"
    assert fact(sheet, "Utskrivna vårdtillfällen")[:3] == (6, 1, 7)
    assert fact(sheet, "Genomsnitt utskrivningsklara dagar")[:2] == (3, 8)
    assert fact(sheet, "Nivå som genomsnittet jämförs med")[:2] == (2, "–")
    assert fact(sheet, "Är genomsnittet över nivån?")[:2] == ("ja", "–")
    assert fact(sheet, "Vad månaden kostar")[:3] == (46400, 34800, 81200)
    assert fact(sheet, "Vad den kostar med den andra läsningen")[:2] == (58000, "–")
    assert fact(sheet, "Källa eller antagande")[:2] == ("Antagande", "Antagande")


def test_the_sum_is_explained_so_that_it_can_be_checked_by_hand() -> None:
    said = texts(opened(document())["Sammanfattning"]).replace("\u00a0", " ")
    assert (
        "Genomsnittet är 3,00 dagar (12 utskrivningsklara dagar delat med 4 vårdtillfällen). Det är"
        " över nivån 2,00. Dagar som debiteras: 12 − 4 × 2,00 = 4,00 dagar à 11 600,00 kr, summa"
        " 46 400,00 kr."
    ) in said
    assert "3,00 dagar à 11 600,00 kr, summa 34 800,00 kr" in said
    assert "Då hade månaden kostat 58 000,00 kr." in said


@pytest.mark.parametrize(
    ("changes", "ruleset", "said"),
    [
        (
            {"exceeds_level": False, "charged_days": Decimal(0), "amount_sek": Decimal(0)},
            {},
            "Det är inte över nivån 2,00. Inget debiteras.",
        ),
        (
            # Region Dalarna, 2023: 32 days, 6 episodes, mean 5.33, 13.98 days at 10 500
            {
                "episodes_in_mean": 6,
                "ready_days_in_mean": 32,
                "mean_ready_days": Decimal("5.3333"),
                "mean_level": Decimal(3),
                "charged_days": Decimal("13.98"),
                "daily_rate_sek": Decimal(10500),
                "amount_sek": Decimal(146790),
            },
            {"mean_decimals": 2},
            "6 × (5,33 − 3,00) = 13,98 dagar à 10 500,00 kr, summa 146 790,00 kr.",
        ),
        (
            {"amount_sek": None, "daily_rate_sek": None},
            {},
            "4,00 dagar. Priset för någon av dagarna är inte känt, så beloppet kan inte räknas",
        ),
        (
            {"daily_rate_sek": None, "charged_days": Decimal(5)},
            {"billing_model": "mean_gate"},
            "varje vårdtillfälle för sig: 5,00 dagar till olika pris per dag, summa 46 400,00 kr.",
        ),
        (
            {},
            {"billing_model": "mean_excess_cutout", "individual_after_days": 7},
            "Vårdtillfällen med fler än 7 utskrivningsklara dagar debiteras för sig",
        ),
        ({"episodes_billable": 0}, {}, "Inget vårdtillfälle är faktureringsbart. Inget debiteras."),
    ],
)
def test_each_way_of_billing_is_told_in_its_own_words(
    changes: dict[str, Any], ruleset: dict[str, Any], said: str
) -> None:
    given = document(months=[month_row(**changes)], rulesets=[{**SOMATIC, **ruleset}])
    assert said in texts(opened(given)["Sammanfattning"]).replace("\u00a0", " ")


def test_an_unknown_rate_is_said_and_never_shown_as_zero() -> None:
    unknown = month_row(amount_sek=None, daily_rate_sek=None, amount_by_gate_sek=None)
    given = document(months=[unknown, PSYCHIATRIC_MONTH])
    sheet = opened(given)["Sammanfattning"]
    assert fact(sheet, "Vad månaden kostar")[:3] == ("okänt pris", 34800, "okänt")


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("suspended", "Vilande: månaden räknas och visas, men faktureras inte"),
        ("active", "Aktiv: fakturaunderlaget utfärdas tidigast den 26\u00a0april 2024"),
    ],
)
def test_whether_invoicing_is_active_stands_on_top(state: str, said: str) -> None:
    given = document(months=[month_row(invoicing=state)], rulesets=[SOMATIC], corrections=())
    assert fact(opened(given)["Sammanfattning"], "Fakturering")[0] == said


def test_twelve_months_before_are_compared_in_a_table_and_a_chart() -> None:
    given = document()
    sheet = opened(given)["Sammanfattning"]
    values = list(sheet.values)
    top = values.index(next(row for row in values if row[0] == "Månad för månad: somatisk vård"))
    months = values[top + 2 : top + 15]
    assert [row[0] for row in months][:2] == ["mars 2023", "april 2023"]
    known = {row[0]: row[1:8] for row in months}
    assert known["mars 2024"] == (6, 4, 12, 3, 2, 4, 46400)
    assert known["januari 2024"][-1] == 11600
    assert known["februari 2024"] == (0, 0, 0, None, None, 0, 0)
    assert known["december 2023"] == (None,) * 7  # before the first month that anything is known of
    with zipfile.ZipFile(io.BytesIO(contents(given)[WORKBOOK])) as archive:
        chart = archive.read("xl/charts/chart1.xml").decode()
    assert f"$E${top + 3}:$E${top + 15}" in chart
    assert f"$F${top + 3}:$F${top + 15}" in chart


def test_every_episode_stands_with_the_dates_that_decide() -> None:
    sheet = opened(document())["Vårdtillfällen"]
    listed = {row["Vårdtillfälle"]: row for row in rows(sheet)}
    assert set(listed) == {each["episode_id"] for each in EPISODES}
    fourth = listed["S-0004"]
    assert fourth["Person-id"] == PERSONNUMMER[4]
    assert (fourth["Faktureringsbar"], fourth["Utskrivningsklara dagar"]) == ("ja", 7)
    assert fourth["Dagar med betalningsansvar"] == 4
    assert fourth["Underrättelse om utskrivningsklar"] == datetime(2024, 3, 5, 10)  # noqa: DTZ001
    assert fourth["Dag noll"].date() == date(2024, 3, 5)
    assert fourth["Betalningsansvaret inträder"].date() == date(2024, 3, 8)
    assert fourth["Insatser behövs från"] == "Båda"
    assert listed["S-0005"]["Hinder"] == NO_SIP
    assert "Stadsdelsområde" not in fourth


def test_districts_are_shown_where_there_are_any() -> None:
    given = document(episodes=[*EPISODES, episode(8, 1, district_code="Bromma")])
    listed = rows(opened(given)["Vårdtillfällen"])
    assert {row["Stadsdelsområde"] for row in listed} == {None, "Bromma"}


def test_findings_say_who_could_have_done_otherwise_and_by_which_paragraph() -> None:
    first, second, third = rows(opened(document())["Anmärkningar"])
    assert (first["Vårdtillfälle"], first["Är ett hinder"]) == ("S-0004", "nej")
    assert first["Vem som kunde ha gjort annorlunda"] == "Kommunen"  # it sent that message
    assert first["Lagrum"] == "–"
    assert second["Vem som kunde ha gjort annorlunda"] == "Öppenvården"
    assert second["Lagrum"] == "5 kap. 3\u00a0§, 4 kap. 3\u00a0§ lag (2017:612)"
    assert third["Person-id"] == PERSONNUMMER[6]


def test_corrections_stand_with_their_sum() -> None:
    sheet = opened(document())["Rättelser"]
    credit, debit, total = rows(sheet)[:3]
    assert (credit["Rad"], credit["Dagar"], credit["Belopp"]) == ("Kreditering", -3, -34800)
    assert (debit["Rad"], debit["Vårdtillfälle"]) == ("Rättad debitering", "Hela månaden")
    assert (total["Rättad månad"], total["Belopp"]) == ("Summa", -11600)


def test_the_episodes_behind_the_corrections_are_shown_as_they_were_and_are() -> None:
    sheet = opened(document(behind=CHANGED))["Rättelser"]
    top = next(row[0].row for row in sheet.iter_rows() if row[1].value == "Ändring")
    mended, gone = rows(sheet, top)[:2]
    assert (mended["Vårdtillfälle"], mended["Ändring"]) == ("F-0001", "har ändrats")
    assert mended["Person-id"] == PERSONNUMMER[9]
    days = ("Utskrivningsklara dagar då", "Utskrivningsklara dagar nu")
    assert [mended[name] for name in days] == [5, 3]
    assert (gone["Ändring"], gone["Person-id"]) == ("hör inte längre hit", "")
    assert [gone[name] for name in days] == [5, None]


def test_corrections_that_no_episode_explains_say_so() -> None:
    assert "Inget vårdtillfälle har ändrats." in texts(opened(document())["Rättelser"])


def test_the_summary_tells_of_corrections_also_in_a_month_without_episodes() -> None:
    quiet = replace(empty_document(), corrections=document().corrections)
    sheet = opened(quiet)["Sammanfattning"]
    assert fact(sheet, "Fakturering")[0] == (
        "Inget att fakturera för månaden; rättelserna av tidigare månader faktureras tidigast den"
        " 26\u00a0april 2024"
    )
    assert fact(sheet, "Rättelser av tidigare månader")[0].startswith("−11\u00a0600,00")
    assert "Rättelser av tidigare månader" not in texts(opened(empty_document())["Sammanfattning"])


def test_of_what_a_month_costs_it_is_told_what_is_invoiced() -> None:
    months = (month_row(invoicing="active"), PSYCHIATRIC_MONTH)
    sheet = opened(document(months=months))["Sammanfattning"]
    assert fact(sheet, "Vad månaden kostar")[:3] == (46400, 34800, 81200)
    assert fact(sheet, "varav med aktiv fakturering")[:3] == (46400, 0, 46400)


def test_an_episode_behind_a_correction_can_be_objected_to_unless_it_is_gone() -> None:
    sheet = opened(replace(empty_document(), changed=document(behind=CHANGED).changed))[SHEETS[-1]]
    listed = rows(sheet, 4)
    assert [row["Vårdtillfälle"] for row in listed[:2]] == ["F-0001", None]
    assert (listed[0]["Utskriven"], listed[0]["Utskrivningsklara dagar"]) == (
        *(datetime(2024, 2, 18), 3),  # noqa: DTZ001 - a day
    )
    offered = {str(each.sqref): each for each in sheet.data_validations.dataValidation}
    assert offered["A6:A25"].formula1 == "'lus'!$D$1"


def test_rules_say_what_is_an_assumption() -> None:
    sheet = opened(document())["Regler"]
    said = {row[0]: row[1:] for row in sheet.values}
    assert said["Källa eller antagande"] == ("Antagande", "Antagande")
    assert said["Fristdagar"][1] == "3\N{NO-BREAK SPACE}kalenderdagar efter dag noll"
    assert (
        said["Underrättelsen räknas till nästa dag"][0] == "när den skickas kl. 12.00 eller senare"
    )
    assert "Vårdtillfällen där patienten avlider är inte faktureringsbara." in said


def test_the_objection_sheet_offers_grounds_and_episodes_to_choose() -> None:
    sheet = opened(document())["Invändningar"]
    listed = rows(sheet, 4)
    assert [row["Vårdtillfälle"] for row in listed[:7]] == [
        "S-0001",
        "S-0006",
        "S-0002",
        "S-0005",
        "S-0003",
        "S-0004",
        "S-0007",
    ]
    assert len(listed) == 7 + 20
    offered = {str(each.sqref): each for each in sheet.data_validations.dataValidation}
    assert offered["F5:F31"].formula1 == "'lus'!$E$1:$E$11"
    assert offered["A12:A31"].formula1 == "'lus'!$D$1:$D$7"
    assert offered["H5:H31"].type == "date"
    assert [cell.value for cell in sheet["F"][4:]] == [None] * 27


def test_a_municipality_without_episodes_is_told_so_on_every_sheet() -> None:
    book = opened(empty_document())
    assert book.sheetnames == [*SHEETS, "lus"]
    assert "Kommunen har inga utskrivna vårdtillfällen i mars 2024." in texts(book[SHEETS[0]])
    assert fact(book[SHEETS[0]], "Fakturering")[0] == "Inget att fakturera för månaden"
    for name, said in zip(
        SHEETS[1:],
        ("har inga vårdtillfällen", "Inga anm", "Inga rätt", "Inga regler", "Det finns inga"),
        strict=True,
    ):
        assert said in texts(book[name])
    assert not book["Invändningar"].data_validations.dataValidation


def test_a_municipality_new_to_the_register_gets_an_empty_base_too() -> None:
    book = opened(replace(empty_document(), months=document().months.slice(0, 0)))
    assert "Kommunen har inga utskrivna vårdtillfällen" in texts(book[SHEETS[0]])


def test_a_later_version_says_why() -> None:
    sheet = opened(document(version=2, reason="rättad pristabell"))["Sammanfattning"]
    assert fact(sheet, "Version")[0] == "2 (ersätter tidigare versioner): rättad pristabell"


def test_the_csv_says_what_the_workbook_says_without_a_pseudonym() -> None:
    files = contents(document())
    assert sorted(files) == sorted(
        [WORKBOOK, *(f"{name}.csv" for name in ("changes", "corrections", "episodes", "findings")),
         "rules.csv", "summary.csv"]
    )  # fmt: skip
    episodes = from_csv(files["episodes.csv"])
    assert "person_key" not in episodes[0]
    assert list(episodes[0])[:2] == ["episode_id", "person_id"]
    listed = rows(opened(document())["Vårdtillfällen"])
    shown = {"Vårdtillfälle": "episode_id", "Utskrivningsklara dagar": "ready_days"}
    for title, name in {**shown, "Person-id": "person_id"}.items():
        values = ["" if row[title] is None else str(row[title]) for row in listed]
        assert values == [each[name] for each in episodes]
    summary = from_csv(files["summary.csv"])
    march = [Decimal(row["amount_sek"]) for row in summary if row["billing_month"] == str(MONTH)]
    assert sum(march) == fact(opened(document())["Sammanfattning"], "Vad månaden kostar")[2]
    assert len(from_csv(files["findings.csv"])) == len(rows(opened(document())["Anmärkningar"]))
    for name, content in files.items():
        if name.endswith(".csv"):
            assert f"{4:064x}" not in content.decode()


def test_row_counts_are_those_of_the_csv() -> None:
    for file in review_files(document()):
        if file.name.endswith(".csv"):
            assert file.rows == len(from_csv(file.content))


def test_equal_documents_give_equal_bytes_whatever_the_order_of_rows() -> None:
    turned = document(episodes=list(reversed(EPISODES)))
    assert contents(turned) == contents(document())


@pytest.mark.parametrize("text", ['=HYPERLINK("http://x","y")', "+46", "-1", "@SUM(1)", "=1+1"])
def test_hostile_text_from_a_delivery_stays_text(text: str) -> None:
    given = document(episodes=[episode(1, 2, hospital_unit=text, episode_id=text)], findings=())
    book = opened(given)
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells if cell.value == text} == {"s"}
    assert sum(cell.value == text for cell in cells) >= 4
    assert not [cell for cell in cells if cell.data_type == "f"]
